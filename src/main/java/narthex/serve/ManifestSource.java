package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.Manifest;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/** A source that reads the bytes of a finished or growing manifest. */
abstract class ManifestSource implements NarSource {
  private final Manifest manifest;
  private final Compression compression;
  private final @Nullable String entityTag;

  /**
   * @param compression compression of the manifest's bytes
   * @param entityTag the entity tag of these bytes, if known
   */
  ManifestSource(Manifest manifest, Compression compression, @Nullable String entityTag) {
    this.manifest = manifest;
    this.compression = compression;
    this.entityTag = entityTag;
  }

  @Override
  public final Compression compression() {
    return compression;
  }

  @Override
  public final OptionalLong length() {
    return manifest.length();
  }

  @Override
  public final Optional<String> entityTag() {
    return Optional.ofNullable(entityTag);
  }

  @Override
  public InputStream open(long from) throws IOException {
    return manifest.open(from);
  }

  @Override
  public final boolean isComplete() {
    return manifest.isComplete();
  }

  @Override
  public final void awaitComplete(DecoderShare.Watch watch) throws IOException {
    manifest.awaitComplete(watch::look);
  }
}
