package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.Manifest;
import narthex.blob.StoredManifest;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/** The bytes of a manifest as they are. */
final class FileSource implements NarSource {
  private final Manifest manifest;
  private final Compression compression;
  private final @Nullable String entityTag;

  FileSource(Manifest manifest, Compression compression, @Nullable String entityTag) {
    this.manifest = manifest;
    this.compression = compression;
    this.entityTag = entityTag;
  }

  @Override
  public Compression compression() {
    return compression;
  }

  @Override
  public OptionalLong length() {
    return manifest.length();
  }

  @Override
  public Optional<String> entityTag() {
    return Optional.ofNullable(entityTag);
  }

  @Override
  public InputStream open(long from) throws IOException {
    return manifest.open(from);
  }

  @Override
  public void awaitComplete() throws IOException {
    manifest.awaitComplete();
  }

  @Override
  public Optional<Path> localFile() {
    return manifest instanceof StoredManifest stored ? stored.localFile() : Optional.empty();
  }
}
