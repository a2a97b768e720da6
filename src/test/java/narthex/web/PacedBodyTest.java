package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PacedBodyTest {
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final int BYTES_PER_SECOND = 1000;

  private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);
  private final AtomicLong clock = new AtomicLong();

  @AfterEach
  void stopTimer() {
    timer.shutdownNow();
  }

  @Test
  void aBodyThatStallsIsNotWaitedFor() {
    BodyPace pace = new BodyPace(Duration.ofMillis(50), 0, timer);
    PacedBody body = new PacedBody(new Stalled(), pace, Thread::interrupt);

    assertThrows(SlowBodyException.class, body::read);
    assertFalse(Thread.currentThread().isInterrupted(), "what follows is not interrupted");
    assertThrows(SlowBodyException.class, body::read);
    assertEquals(0, body.count());
  }

  @Test
  void aBodyThatDribblesIsNotWaitedFor() {
    PacedBody body = body(new Steady(1, Duration.ofSeconds(1), 1_000_000));

    assertThrows(SlowBodyException.class, body::readAllBytes);
    assertEquals(IDLE.toSeconds(), body.count());
    assertThrows(SlowBodyException.class, body::read);
  }

  @Test
  void aBodyThatBeginsFastMayNotDribbleForEver() {
    Steady in = new Steady(4096, Duration.ZERO, 1_000_000);
    PacedBody body = body(in);

    assertThrows(
        SlowBodyException.class,
        () -> {
          body.readNBytes(500_000);
          in.slowDown(1, Duration.ofSeconds(1));
          body.readAllBytes();
        });
    assertTrue(body.count() < 500_000 + 3 * IDLE.toSeconds(), () -> "bytes: " + body.count());
  }

  @Test
  void aBodyThatComesAsFastAsItHasToIsReadToItsEnd() throws IOException {
    PacedBody body = body(new Steady(2 * BYTES_PER_SECOND, Duration.ofSeconds(1), 100_000));

    assertEquals(100_000, body.readAllBytes().length);
    assertTrue(body.isEnded());
  }

  @Test
  void ourOwnWorkIsNoWait() throws IOException {
    PacedBody body = body(new Steady(1, Duration.ZERO, 100));

    for (int i = 0; i < 100; i++) {
      assertEquals(0, body.read());
      clock.addAndGet(Duration.ofHours(1).toNanos());
    }
    assertEquals(-1, body.read());
  }

  @Test
  void theTimerLetsGoOfABodyThatIsReleased() throws IOException {
    timer.setRemoveOnCancelPolicy(true);
    PacedBody body = body(new Steady(1, Duration.ZERO, 100));
    body.read();
    assertEquals(1, timer.getQueue().size());

    body.read();
    assertEquals(1, timer.getQueue().size(), "not one for every read");
    body.release();
    assertEquals(0, timer.getQueue().size());
  }

  private PacedBody body(ServletInputStream in) {
    return new PacedBody(
        in, new BodyPace(IDLE, BYTES_PER_SECOND, timer, clock::get), Thread::interrupt);
  }

  /** Waits in every read until the thread is interrupted. */
  private static final class Stalled extends Blocking {
    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        new CountDownLatch(1).await();
        return -1;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // like XNIO
        throw new InterruptedIOException("interrupted");
      }
    }
  }

  /** Returns this many bytes per read. Each read advances the test's clock by this time. */
  private final class Steady extends Blocking {
    private int bytes;
    private Duration time;
    private int left;

    Steady(int bytes, Duration time, int all) {
      this.bytes = bytes;
      this.time = time;
      this.left = all;
    }

    void slowDown(int toBytes, Duration toTime) {
      bytes = toBytes;
      time = toTime;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      clock.addAndGet(time.toNanos());
      int count = Math.min(Math.min(bytes, length), left);
      left -= count;
      return count == 0 ? -1 : count;
    }
  }

  private abstract static class Blocking extends ServletInputStream {
    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public abstract int read(byte[] buffer, int offset, int length) throws IOException;

    @Override
    public boolean isFinished() {
      return false;
    }

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void setReadListener(ReadListener listener) {
      throw new UnsupportedOperationException();
    }
  }
}
