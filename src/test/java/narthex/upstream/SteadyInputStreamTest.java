package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SteadyInputStreamTest {
  private final AtomicLong now = new AtomicLong();

  /** Returns so many bytes per read, and lets each read take so long. */
  private InputStream slow(int bytes, int each, Duration time) {
    return new ByteArrayInputStream(new byte[bytes]) {
      @Override
      public synchronized int read(byte[] buffer, int offset, int length) {
        now.addAndGet(time.toNanos());
        return super.read(buffer, offset, Math.min(each, length));
      }
    };
  }

  @Test
  void anAnswerThatDripsIsCut() throws IOException {
    try (InputStream in = new SteadyInputStream(slow(1000, 1, Duration.ofSeconds(1)), now::get)) {
      assertThrows(SlowAnswerException.class, in::readAllBytes);
    }
  }

  @Test
  void aLongAnswerHasItsTime() throws IOException {
    try (InputStream in =
        new SteadyInputStream(slow(1 << 20, 20_000, Duration.ofSeconds(1)), now::get)) {
      assertEquals(1 << 20, in.readNBytes(new byte[1 << 20], 0, 1 << 20));
    }
  }
}
