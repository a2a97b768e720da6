package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.GrowingManifest;
import narthex.nix.Compression;
import org.jspecify.annotations.Nullable;

/**
 * A file that is coming in. It is opened before anybody asks for its bytes, because it may be gone
 * once it has come in: then what was opened can still be read, once.
 */
final class FollowedSource implements NarSource {
  private final GrowingManifest manifest;
  private final Compression compression;
  private final @Nullable String entityTag;
  private final AtomicReference<@Nullable InputStream> opened = new AtomicReference<>();

  private FollowedSource(
      GrowingManifest manifest, Compression compression, @Nullable String entityTag) {
    this.manifest = manifest;
    this.compression = compression;
    this.entityTag = entityTag;
  }

  /**
   * Opens a file that is coming in, when its first byte is there.
   *
   * @throws IOException if none will come: a failure before the first byte is told by a status
   */
  static FollowedSource open(
      GrowingManifest manifest, Compression compression, @Nullable String entityTag)
      throws IOException {
    FollowedSource source = new FollowedSource(manifest, compression, entityTag);
    InputStream stream = manifest.open(0);
    source.opened.set(stream);
    try {
      manifest.awaitByte(0);
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
    return source;
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
    InputStream stream = opened.getAndSet(null);
    if (stream == null) {
      return manifest.open(from);
    }
    try {
      stream.skipNBytes(from);
      return stream;
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  @Override
  public boolean isComplete() {
    return manifest.isComplete();
  }

  @Override
  public void awaitComplete() throws IOException {
    manifest.awaitComplete();
  }

  @Override
  public void close() throws IOException {
    InputStream stream = opened.getAndSet(null);
    if (stream != null) {
      stream.close();
    }
  }
}
