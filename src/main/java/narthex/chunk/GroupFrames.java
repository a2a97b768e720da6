package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import narthex.db.ChunkPlace;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;
import narthex.stream.ZstdFrames;

/**
 * Makes the own frames of grouped chunks again. Packs are compressed again only if this gives the
 * same bytes, so files that were announced don't change. Holds native memory until closed. For one
 * thread.
 */
final class GroupFrames implements Closeable {
  private final FrameDecoder decoder = new FrameDecoder();
  private final ZstdFrames encoder = new ZstdFrames();
  private byte[] chunks = new byte[0];
  private byte[] frame = new byte[0];

  /**
   * Decodes the frame of a group.
   *
   * @param place any chunk of the group
   * @throws ChunkLostException if the frame is damaged
   */
  void take(ChunkPlace place, byte[] group) throws IOException {
    chunks = RunsInputStream.sized(chunks, place.packedBytes());
    try {
      decoder.decode(group, place.packedLength(), chunks, place.packedBytes());
    } catch (CorruptEncodingException damaged) {
      throw ChunkLostException.at(place, damaged);
    }
  }

  /**
   * Makes the own frame of a chunk of the decoded group.
   *
   * @return an array that starts with the frame; unchanged until the next call
   */
  byte[] frameOf(ChunkPlace place) throws IOException {
    int room = Math.max(place.storedLength(), ZstdFrames.largestFrame(place.length()));
    frame = RunsInputStream.sized(frame, room);
    encoder.encodeTo(place.storedLength(), chunks, place.at(), place.length(), frame);
    return frame;
  }

  @Override
  public void close() {
    try (decoder) {
      encoder.close();
    }
  }
}
