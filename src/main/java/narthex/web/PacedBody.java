package narthex.web;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request body that the client must send at a {@link BodyPace}. Blocking reads only, by one
 * thread at a time. If the client is too slow, the read fails with a {@link SlowBodyException}, and
 * so does every later one.
 *
 * <p>The timer runs one task for each body, not one for each read. The task runs after the idle
 * timeout; if the present read began later, the task is scheduled again for the rest of the
 * timeout.
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
   * @param in the stream of the application server
   * @param endRead makes the blocked read of this thread fail
   */
  PacedBody(ServletInputStream in, BodyPace pace, Consumer<Thread> endRead) {
    this.in = in;
    this.pace = pace;
    this.endRead = endRead;
  }

  /** Returns the number of bytes read. */
  long count() {
    return count;
  }

  /** Returns whether the body has been read to its end. */
  boolean isEnded() {
    return ended;
  }

  /** Returns whether a read has failed. */
  boolean isBroken() {
    return broken;
  }

  /** Cancels the timer task. Call it when the request has been answered. */
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

  /** Ends a wait. If the timer ended it, clears the interrupt status of the thread. */
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
