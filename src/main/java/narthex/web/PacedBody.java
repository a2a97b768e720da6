package narthex.web;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request, read with blocking reads by one thread at a time; a read in which the
 * client lets us wait too long ({@link BodyPace}) fails with a {@link SlowBodyException}, and so
 * does every later one.
 *
 * <p>One look of the timer at a time is scheduled while the body is read, not one per read: it
 * looks when the present wait would be too long if it had begun when the look was scheduled, and
 * looks again later if it began later.
 */
final class PacedBody extends ServletInputStream {
  private static final double NANOS_PER_SECOND = 1e9;

  private final ServletInputStream in;
  private final BodyPace pace;
  private final Consumer<Thread> endRead;

  private @Nullable Thread reader; // guarded by this
  private long waitingSince; // guarded by this
  private @Nullable Future<?> look; // guarded by this
  private boolean late; // guarded by this
  private long windowNanos; // of the reading thread
  private long windowBytes; // of the reading thread
  private long count; // of the reading thread
  private boolean ended; // of the reading thread
  private boolean broken; // of the reading thread

  /**
   * @param in the server's own stream
   * @param endRead makes a read fail in which the thread waits
   */
  PacedBody(ServletInputStream in, BodyPace pace, Consumer<Thread> endRead) {
    this.in = in;
    this.pace = pace;
    this.endRead = endRead;
  }

  /** How many bytes were read. */
  long count() {
    return count;
  }

  /** Whether it was read to its end. */
  boolean isEnded() {
    return ended;
  }

  /** Whether the server could not read it. */
  boolean isBroken() {
    return broken;
  }

  /** Lets the timer go; called when the request is answered. */
  synchronized void release() {
    if (look != null) {
      look.cancel(false);
      look = null;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    beginWait();
    int got;
    try {
      got = in.read(buffer, offset, length);
    } catch (IOException | RuntimeException | Error e) {
      broken = true;
      endWait();
      throw e;
    }
    long waited = endWait();
    if (got < 0) {
      ended = true;
    } else {
      count += got;
      checkRate(waited, got);
    }
    return got;
  }

  private synchronized void beginWait() throws SlowBodyException {
    checkNotLate();
    waitingSince = pace.nanoClock().getAsLong();
    reader = Thread.currentThread();
    if (look == null) {
      lookAfter(pace.idle().toNanos());
    }
  }

  /** Ends a wait, also one that was ended from outside: then the interrupt has served its turn. */
  private synchronized long endWait() throws SlowBodyException {
    reader = null;
    if (late) {
      Thread.interrupted();
    }
    checkNotLate();
    return pace.nanoClock().getAsLong() - waitingSince;
  }

  // requires this
  private void checkNotLate() throws SlowBodyException {
    if (late) {
      throw new SlowBodyException("the request body came too slowly after " + count + " bytes");
    }
  }

  private void checkRate(long waited, int got) throws SlowBodyException {
    windowNanos += waited;
    windowBytes += got;
    if (windowNanos < pace.idle().toNanos()) {
      return;
    }
    if (windowBytes < pace.minBytesPerSecond() * (windowNanos / NANOS_PER_SECOND)) {
      synchronized (this) {
        late = true;
        checkNotLate();
      }
    }
    windowNanos = 0;
    windowBytes = 0;
  }

  // requires this
  private void lookAfter(long nanos) {
    look = pace.timer().schedule(this::lookNow, nanos, TimeUnit.NANOSECONDS);
  }

  private synchronized void lookNow() {
    look = null;
    Thread waiting = reader;
    if (waiting == null) {
      return; // the next read schedules the next look
    }
    long left = waitingSince + pace.idle().toNanos() - pace.nanoClock().getAsLong();
    if (left > 0) {
      lookAfter(left);
      return;
    }
    late = true;
    endRead.accept(waiting);
  }

  @Override
  public int available() throws IOException {
    return in.available();
  }

  @Override
  public void close() throws IOException {
    in.close();
  }

  @Override
  public boolean isFinished() {
    return in.isFinished();
  }

  @Override
  public boolean isReady() {
    return in.isReady();
  }

  @Override
  public void setReadListener(ReadListener listener) {
    throw new IllegalStateException("bodies are read with blocking reads");
  }
}
