package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import narthex.blob.GrowingManifest;
import narthex.chunk.ChunkLostException;
import narthex.nix.Compression;
import narthex.stream.DecoderShare;
import narthex.stream.EncodingInputStream;

/**
 * A NAR in flight that is cut into chunks meanwhile: {@link #encoded} gives the frames of the
 * chunks as they are written. Everything else is that of another source of the same NAR.
 */
final class FramedSource extends DerivedSource {
  private final GrowingManifest chunks;
  private final DecoderShare decoders;
  private final Consumer<ChunkLostException> damage;

  /**
   * @param nar the NAR itself; closed with this
   * @param chunks the same NAR, written as frames
   * @param damage receives the lost chunk if a read of frames fails; called in the reader's thread,
   *     must not throw
   */
  FramedSource(
      NarSource nar,
      GrowingManifest chunks,
      DecoderShare decoders,
      Consumer<ChunkLostException> damage) {
    super(nar);
    this.chunks = chunks;
    this.decoders = decoders;
    this.damage = damage;
  }

  @Override
  public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
    return source.open(from, watch);
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return wanted == Compression.ZSTD ? Optional.of(new Frames(source)) : Optional.empty();
  }

  /** The frames. Their length isn't known before the end, and other chunks have other frames. */
  private final class Frames extends DerivedSource {
    Frames(NarSource nar) {
      super(nar);
    }

    @Override
    public Compression compression() {
      return Compression.ZSTD;
    }

    @Override
    public OptionalLong length() {
      return OptionalLong.empty();
    }

    @Override
    public Optional<String> entityTag() {
      return Optional.empty();
    }

    /** Compresses the NAR if the first chunk is delayed, because its writer waits for others. */
    @Override
    public InputStream open(long from, DecoderShare.Watch watch) throws IOException {
      if (from != 0) {
        throw new IllegalArgumentException("frames in flight have no offset " + from);
      }
      if (chunks.awaitStart()) {
        return ReportingInputStream.open(
            () -> withMemory(() -> chunks.openFrames(0, watch::look)), damage);
      }
      InputStream plain = source.open(0, watch);
      try {
        return new EncodingInputStream(Compression.ZSTD, plain);
      } catch (IOException | RuntimeException e) {
        plain.close();
        throw e;
      }
    }

    private InputStream withMemory(DecoderShare.Opener frames) throws IOException {
      return chunks.decodesFrames() ? decoders.openChunks(frames) : decoders.openFrames(frames);
    }

    @Override
    public boolean isComplete() {
      return chunks.isComplete();
    }

    @Override
    public void awaitComplete(DecoderShare.Watch watch) throws IOException {
      chunks.awaitComplete(watch::look);
    }
  }
}
