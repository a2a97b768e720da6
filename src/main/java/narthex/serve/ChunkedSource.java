package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * A NAR that is stored as chunks: decoded from any offset; {@link #encoded} returns its
 * concatenated frames as stored. A lost or damaged chunk makes the read fail and is reported.
 */
final class ChunkedSource extends ManifestSource {
  private final ChunkedManifest manifest;
  private final NarId nar;
  private final @Nullable Sha256 framesHash;
  private final DecoderShare decoders;
  private final Consumer<ChunkLostException> damage;

  /**
   * @param framesHash the hash of the frames back to back, if it is known
   * @param damage receives the failure of a read, in the reading thread; must not throw
   */
  ChunkedSource(
      ChunkedManifest manifest,
      NarId nar,
      @Nullable Sha256 framesHash,
      DecoderShare decoders,
      Consumer<ChunkLostException> damage) {
    super(manifest, Compression.NONE, nar.hash().nix32());
    this.manifest = manifest;
    this.nar = nar;
    this.framesHash = framesHash;
    this.decoders = decoders;
    this.damage = damage;
  }

  @Override
  public InputStream open(long from) throws IOException {
    return ReportingInputStream.open(
        () -> decoders.openChunks(manifest.decoded(), from, manifest.groupBytes()), damage);
  }

  @Override
  public Optional<NarSource> encoded(Compression wanted) {
    return wanted == Compression.ZSTD ? Optional.of(new Frames()) : Optional.empty();
  }

  /**
   * Returns the own frames of the chunks, whose length is known. If some chunks were compressed
   * again in groups, returns the shorter frames that are stored instead.
   */
  @Override
  public Optional<NarSource> coded() {
    return Optional.of(manifest.groupBytes() == 0 ? new Frames() : new StoredFrames());
  }

  /** The frames as they are stored at each moment. */
  private final class StoredFrames implements NarSource {
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

    @Override
    public InputStream open(long from) throws IOException {
      if (from != 0) {
        throw new IllegalArgumentException("bytes that may change have no offset " + from);
      }
      return ReportingInputStream.open(
          () -> decoders.openChunks(manifest.storedFrames(), 0, manifest.groupBytes()), damage);
    }

    @Override
    public void awaitComplete(DecoderShare.Watch watch) {}
  }

  /** The frames back to back. */
  private final class Frames implements NarSource {
    @Override
    public Compression compression() {
      return Compression.ZSTD;
    }

    @Override
    public OptionalLong length() {
      return OptionalLong.of(manifest.framesLength());
    }

    /**
     * Returns the hash of the frames, or their length if the hash isn't known yet. A NAR that is
     * chunked again may get other frames.
     */
    @Override
    public Optional<String> entityTag() {
      Sha256 hash = framesHash;
      return Optional.of(
          hash == null ? nar.hash().nix32() + "-" + manifest.framesLength() : hash.nix32());
    }

    @Override
    public InputStream open(long from) throws IOException {
      return ReportingInputStream.open(
          () ->
              manifest.groupBytes() == 0
                  ? decoders.openFrames(manifest.frames(), from)
                  : decoders.openChunks(manifest.frames(), from, manifest.groupBytes()),
          damage);
    }

    @Override
    public void awaitComplete(DecoderShare.Watch watch) {}
  }
}
