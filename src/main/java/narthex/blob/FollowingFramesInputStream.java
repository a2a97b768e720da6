package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The zstd frames of a NAR in flight, one after the other: each read waits until there is a frame.
 * Ends when no more will come. The last byte of a frame that may be the last one is withheld until
 * there is another frame, or the NAR is verified: nobody gets all frames of a wrong NAR. For one
 * thread.
 */
final class FollowingFramesInputStream extends BlobInputStream {
  private final FrameReader frames;
  private final FollowingInputStream.Waiting waiting;
  private final LongPredicate mayEndAt;
  private ByteBuffer frame = ByteBuffer.allocate(0);

  /** Where in the NAR the present frame ends. */
  private long end;

  private long readable;
  private boolean isWithheld;
  private @Nullable InputStream rest;
  private boolean isClosed;

  /**
   * @param frames closed with this stream
   * @param from where in the NAR the first frame begins
   * @param waiting waits for bytes of the NAR
   * @param mayEndAt whether the NAR may end at an offset
   */
  FollowingFramesInputStream(
      FrameReader frames, long from, FollowingInputStream.Waiting waiting, LongPredicate mayEndAt) {
    this.frames = frames;
    this.end = from;
    this.waiting = waiting;
    this.mayEndAt = mayEndAt;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (isClosed) {
      throw new IOException("the stream is closed");
    }
    while (rest == null && given() == 0) {
      if (isWithheld) {
        readable = waiting.await(end);
        isWithheld = false;
      } else if (!advance()) {
        return -1;
      }
    }
    InputStream elsewhere = rest;
    if (elsewhere != null) {
      return elsewhere.read(bytes, offset, length);
    }
    int count = Math.min(length, given());
    frame.get(bytes, offset, count);
    return count;
  }

  /** Returns how many bytes of the present frame may be given. */
  private int given() {
    return frame.remaining() - (isWithheld ? 1 : 0);
  }

  /** Waits for the next frame and reads it; false at the end. */
  private boolean advance() throws IOException {
    if (readable <= end) {
      readable = waiting.await(end);
    }
    if (readable <= end) {
      return false;
    }
    FrameReader.Next next = frames.read(end);
    if (next instanceof FrameReader.Frame one) {
      frame = one.bytes();
      end += one.length();
      isWithheld = mayEndAt.test(end);
    } else if (next instanceof FrameReader.Rest all) {
      rest = all.frames();
    }
    return true;
  }

  @Override
  public int available() throws IOException {
    InputStream elsewhere = rest;
    if (elsewhere != null) {
      return elsewhere.available();
    }
    return given() > 0 ? given() : isWithheld || readable <= end ? 0 : 1;
  }

  @Override
  public void close() throws IOException {
    isClosed = true;
    InputStream elsewhere = rest;
    try (frames;
        elsewhere) {
      rest = null;
    }
  }
}
