package narthex.ingest;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import narthex.blob.Extent;
import narthex.blob.FrameReader.Frame;
import narthex.stream.FrameSplitter;
import narthex.stream.ZstdFrames;
import org.jspecify.annotations.Nullable;

/**
 * The frames of one extent of chunks. Each is verified, and given as it is stored; one that has
 * more than the extent, because its chunks were compressed again as a group, is cut and compressed
 * again. Not thread-safe.
 */
final class PieceFrames implements Closeable {
  /** The most that one chunk or group can have; a larger frame is damaged. */
  private static final int MOST_BYTES = 64 << 20;

  private final FrameSplitter frames;
  private final long from;
  private final long to;
  private long position;
  private byte[] made = {};
  private @Nullable ZstdFrames encoder;

  /**
   * @param stored the range of the extent; closed with this
   * @param skip how many bytes of the extent not to give
   */
  PieceFrames(InputStream stored, Extent extent, long skip) {
    this.frames = new FrameSplitter(stored, MOST_BYTES);
    this.from = extent.skip() + skip;
    this.to = extent.skip() + extent.length();
  }

  /** Reads the next frame; null at the end of the extent. */
  @Nullable Frame next() throws IOException {
    while (position < to) {
      if (!frames.next()) {
        throw new IOException("a staged extent ends " + (to - position) + " bytes early");
      }
      long start = position;
      position += frames.decodedLength();
      if (position > from) {
        int first = (int) (Math.max(from, start) - start);
        int last = (int) (Math.min(to, position) - start);
        return last - first == frames.decodedLength()
            ? new Frame(frames.frame(), last)
            : cut(first, last - first);
      }
    }
    return null;
  }

  private Frame cut(int first, int length) throws IOException {
    ZstdFrames open = encoder;
    if (open == null) {
      open = new ZstdFrames();
      encoder = open;
    }
    int most = ZstdFrames.largestFrame(length);
    made = made.length >= most ? made : new byte[most];
    int count = open.encode(frames.decoded(), first, length, made, 0);
    return new Frame(ByteBuffer.wrap(made, 0, count), length);
  }

  @Override
  public void close() throws IOException {
    ZstdFrames open = encoder;
    encoder = null;
    try (open) {
      frames.close();
    }
  }
}
