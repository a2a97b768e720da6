package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import narthex.stream.DecoderShare.Watch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LongSkipsTest {
  private static final long LONG = 100 << 20;
  private static final Watch NOBODY_LEAVES = () -> {};

  private final LongSkips skips = new LongSkips();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicLong read = new AtomicLong();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private InputStream zeros() {
    return new SpanInputStream() {
      @Override
      public int read(byte[] bytes, int offset, int length) {
        Arrays.fill(bytes, offset, offset + length, (byte) 0);
        read.addAndGet(length);
        return length;
      }
    };
  }

  @Test
  void aSkipEndsSoonAfterItsClientLeft() {
    IOException gone = new IOException("client gone");
    Watch leaving =
        () -> {
          if (read.get() > LONG / 4) {
            throw gone;
          }
        };

    assertSame(
        gone, assertThrows(IOException.class, () -> skips.skip("a", zeros(), LONG, leaving)));
    assertTrue(read.get() < LONG / 2, "read " + read);
  }

  /** Starts a skip that waits for the latch. */
  private void begin(String file, CountDownLatch rest) throws InterruptedException {
    CountDownLatch began = new CountDownLatch(1);
    threads.submit(
        () -> {
          skips.skip(
              file,
              zeros(),
              LONG,
              () -> {
                began.countDown();
                try {
                  rest.await();
                } catch (InterruptedException e) {
                  throw new IOException(e);
                }
              });
          return null;
        });
    began.await();
  }

  @Test
  void fewSkipOverTheSameFileAtOnce() throws Exception {
    CountDownLatch rest = new CountDownLatch(1);
    begin("a", rest);
    begin("a", rest);
    CountDownLatch waits = new CountDownLatch(1);
    Future<?> third =
        threads.submit(
            () -> {
              skips.skip("a", zeros(), LONG, waits::countDown);
              return null;
            });
    waits.await();
    assertEquals(0, read.get());

    skips.skip("b", zeros(), LONG, NOBODY_LEAVES);
    skips.skip("a", zeros(), 1000, NOBODY_LEAVES);
    rest.countDown();

    third.get();
  }
}
