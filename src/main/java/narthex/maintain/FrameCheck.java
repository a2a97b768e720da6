package narthex.maintain;

import java.io.Closeable;
import java.security.MessageDigest;
import java.util.Optional;
import narthex.chunk.FrameCrc;
import narthex.db.ChunkPlace;
import narthex.maintain.Finding.Kind;
import narthex.nix.Sha256;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;

/**
 * Checks the chunks of a stored frame, which it decodes once for all of them. Holds native memory
 * until closed. For one thread.
 */
final class FrameCheck implements Closeable {
  private final Fsck.Depth depth;
  private final FrameDecoder decoder = new FrameDecoder();
  private int crc;
  private byte[] chunks = {};
  private boolean isDecoded;

  FrameCheck(Fsck.Depth depth) {
    this.depth = depth;
  }

  /**
   * Takes the next frame.
   *
   * @param frame the whole frame
   * @param place a chunk in it
   */
  void take(byte[] frame, ChunkPlace place) {
    crc = FrameCrc.of(frame, frame.length);
    isDecoded = false;
    if (depth == Fsck.Depth.FRAMES || crc != place.packedCrc()) {
      return;
    }
    chunks = new byte[place.packedBytes()];
    try {
      decoder.decode(frame, frame.length, chunks, chunks.length);
      isDecoded = true;
    } catch (CorruptEncodingException wrong) {
      chunks = new byte[0];
    }
  }

  /** Returns what is wrong with a chunk in the frame. */
  Optional<Kind> check(ChunkPlace place) {
    if (crc != place.packedCrc()) {
      return Optional.of(Kind.DAMAGED_FRAME);
    }
    if (depth == Fsck.Depth.FRAMES) {
      return Optional.empty();
    }
    return isDecoded && chunks.length == place.packedBytes() && isNamed(place)
        ? Optional.empty()
        : Optional.of(Kind.WRONG_CHUNK);
  }

  private boolean isNamed(ChunkPlace place) {
    MessageDigest digest = Sha256.newDigest();
    digest.update(chunks, place.at(), place.length());
    return Sha256.of(digest.digest()).equals(place.hash());
  }

  @Override
  public void close() {
    decoder.close();
  }
}
