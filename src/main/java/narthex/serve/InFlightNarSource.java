package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.Consumer;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.chunk.ChunkLostException;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * A NAR that is cut into chunks during its download, decoded from these chunks. It stays readable
 * after the NAR is stored.
 */
final class InFlightNarSource extends ManifestSource {
  private final GrowingManifest manifest;
  private final DecoderShare decoders;
  private final @Nullable NarSource file;
  private final Consumer<ChunkLostException> damage;

  private InFlightNarSource(
      GrowingManifest manifest,
      @Nullable String entityTag,
      DecoderShare decoders,
      @Nullable NarSource file,
      Consumer<ChunkLostException> damage) {
    super(manifest, Compression.NONE, entityTag);
    this.manifest = manifest;
    this.decoders = decoders;
    this.file = file;
    this.damage = damage;
  }

  /**
   * Opens the source; waits for its first byte.
   *
   * @param entityTag the NarHash, if it is known
   * @param file the file that is being downloaded, which {@link #encoded} returns; closed with this
   *     source
   * @param damage receives the lost chunk if a read fails; called in the reader's thread, must not
   *     throw
   * @throws IOException if the download fails before its first byte; the server can still answer
   *     with an error status then
   */
  static InFlightNarSource open(
      GrowingManifest manifest,
      @Nullable String entityTag,
      DecoderShare decoders,
      @Nullable NarSource file,
      Consumer<ChunkLostException> damage)
      throws IOException {
    InFlightNarSource source = new InFlightNarSource(manifest, entityTag, decoders, file, damage);
    try {
      manifest.awaitByte(0);
    } catch (IOException | RuntimeException e) {
      source.close();
      throw e;
    }
    return source;
  }

  @Override
  public InputStream open(long from) throws IOException {
    return open(from, () -> {});
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return ReportingInputStream.open(
        () -> decoders.openChunks(new Following(watch::look), from, 0), damage);
  }

  /** The NAR for one reader, which waits for the writer without memory. */
  private final class Following implements DecoderShare.Source {
    private final Manifest.Watch watch;

    Following(Manifest.Watch watch) {
      this.watch = watch;
    }

    @Override
    public InputStream open(long offset) throws IOException {
      return manifest.open(offset, watch);
    }

    @Override
    public void await(long offset) throws IOException {
      manifest.awaitReadable(offset, watch);
    }
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    NarSource encoded = file;
    return encoded != null && encoded.compression() == wanted
        ? Optional.of(encoded)
        : Optional.empty();
  }

  @Override
  public void close() throws IOException {
    NarSource encoded = file;
    if (encoded != null) {
      encoded.close();
    }
  }
}
