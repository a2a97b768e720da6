package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * A file that is being downloaded. {@link #open} opens it, because it may be deleted after the
 * download. The opened stream can then still be read, once.
 */
final class InFlightFileSource extends ManifestSource {
  private final GrowingManifest manifest;
  private final AtomicReference<@Nullable InputStream> opened;

  /** Watches the stream that {@link #open} opened in advance. */
  private final LateWatch watch;

  private InFlightFileSource(
      GrowingManifest manifest,
      InputStream opened,
      LateWatch watch,
      Compression compression,
      @Nullable String entityTag) {
    super(manifest, compression, entityTag);
    this.manifest = manifest;
    this.opened = new AtomicReference<>(opened);
    this.watch = watch;
  }

  /**
   * Opens a file that is being downloaded; waits for its first byte.
   *
   * @throws IOException if the download fails before its first byte; the server can still answer
   *     with an error status then
   */
  static InFlightFileSource open(
      GrowingManifest manifest, Compression compression, @Nullable String entityTag)
      throws IOException {
    LateWatch watch = new LateWatch();
    InputStream stream = manifest.open(0, watch);
    try {
      manifest.awaitByte(0);
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
    return new InFlightFileSource(manifest, stream, watch, compression, entityTag);
  }

  @Override
  public InputStream open(long from) throws IOException {
    return open(from, () -> {});
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch wanted) throws IOException {
    InputStream stream = opened.getAndSet(null);
    if (stream == null) {
      return manifest.open(from, wanted::look);
    }
    watch.wanted = wanted;
    try {
      stream.skipNBytes(from);
      return stream;
    } catch (IOException | RuntimeException e) {
      stream.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    InputStream stream = opened.getAndSet(null);
    if (stream != null) {
      stream.close();
    }
  }

  /**
   * The watch of a stream that was opened before its reader was known. Does nothing until the
   * reader sets its own watch.
   */
  private static final class LateWatch implements Manifest.Watch {
    private volatile DecoderShare.Watch wanted = () -> {};

    @Override
    public void look() throws IOException {
      wanted.look();
    }
  }
}
