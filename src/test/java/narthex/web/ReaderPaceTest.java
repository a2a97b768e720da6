package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ReaderPaceTest {
  private static final Duration WINDOW = Duration.ofSeconds(10);
  private static final int BYTES_PER_SECOND = 1000;

  private final AtomicLong clock = new AtomicLong();
  private final List<Thread> brokenOff = new ArrayList<>();
  private final ReaderPace pace =
      new ReaderPace(
          new ReaderPace.Limits(WINDOW, BYTES_PER_SECOND, clock::get),
          writer -> {
            brokenOff.add(writer);
            writer.interrupt();
          });

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  private void write(int bytes, Duration wait) throws IOException {
    pace.beginWrite();
    pass(wait);
    pace.endWrite(bytes);
  }

  @Test
  void aReaderThatTakesNothingIsBrokenOffAfterTheWindow() throws IOException {
    pace.beginWrite();
    pass(WINDOW.minusMillis(1));
    assertFalse(pace.breakOffIfSlow());
    pass(Duration.ofMillis(1));
    assertTrue(pace.breakOffIfSlow());

    assertEquals(List.of(Thread.currentThread()), brokenOff);
    assertThrows(ClientGoneException.class, () -> pace.endWrite(0));
    assertFalse(Thread.currentThread().isInterrupted(), "what follows is not interrupted");
    assertThrows(ClientGoneException.class, pace::beginWrite);
    assertFalse(pace.breakOffIfSlow());
  }

  @Test
  void aReaderThatDribblesIsBrokenOffAtItsNextWait() throws IOException {
    for (int i = 0; i < 10; i++) {
      write(10, Duration.ofSeconds(1));
    }
    assertFalse(pace.breakOffIfSlow(), "nobody waits for it just now");

    pace.beginWrite();
    assertTrue(pace.breakOffIfSlow());
  }

  @Test
  void aFastReaderStaysHoweverLongItReads() throws IOException {
    for (int i = 0; i < 100; i++) {
      write(2 * BYTES_PER_SECOND, Duration.ofSeconds(1));
      pace.beginWrite();
      assertFalse(pace.breakOffIfSlow());
      pace.endWrite(0);
    }
  }

  @Test
  void whatCameFastAtFirstIsNoCredit() throws IOException {
    write(1_000_000, Duration.ZERO);
    pace.beginWrite();
    pass(WINDOW);

    assertTrue(pace.breakOffIfSlow());
    assertThrows(ClientGoneException.class, () -> pace.endWrite(0));
  }

  @Test
  void ourOwnWorkIsNoWait() throws IOException {
    write(1, Duration.ofSeconds(1));
    pass(Duration.ofHours(1));

    pace.beginWrite();
    assertFalse(pace.breakOffIfSlow());
  }
}
