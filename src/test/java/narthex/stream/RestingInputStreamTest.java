package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.stream.DecoderBudget.Work;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RestingInputStreamTest {
  /** Enough for 57 readers of chunks. */
  private static final long TOTAL = 48 << 20;

  private static final int READERS = 2_000;
  private static final byte[] BYTES = new byte[10_000];

  static {
    new Random(1).nextBytes(BYTES);
  }

  private final DecoderBudget budget = new DecoderBudget(TOTAL);
  private final DecoderShare share = budget.share(Work.READING);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger opened = new AtomicInteger();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private InputStream source(long offset) {
    open.incrementAndGet();
    opened.incrementAndGet();
    return new ByteArrayInputStream(BYTES, (int) offset, BYTES.length) {
      @Override
      public void close() {
        open.decrementAndGet();
      }
    };
  }

  private InputStream reader() throws IOException {
    return share.openChunks(this::source, 0, 0);
  }

  @Test
  void manyMoreReadersThanTheBudgetHoldsReadOn() throws IOException {
    List<InputStream> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(reader());
      assertTrue(budget.freeBytes() >= 0);
    }
    int most = (int) (budget.mostBytes(Work.READING) / budget.chunkReaderBytes());
    assertEquals(most, open.get());

    for (int from = 0; from < BYTES.length; from += BYTES.length / 2) {
      for (InputStream reader : readers) {
        byte[] wanted = Arrays.copyOfRange(BYTES, from, from + BYTES.length / 2);
        assertArrayEquals(wanted, reader.readNBytes(BYTES.length / 2));
      }
    }
    for (InputStream reader : readers) {
      assertEquals(-1, reader.read());
      reader.close();
    }
    assertEquals(0, open.get());
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void aReaderThatNobodyDisturbsKeepsItsSource() throws IOException {
    try (InputStream in = reader()) {
      for (byte wanted : BYTES) {
        assertEquals(wanted, (byte) in.read());
      }
    }
    assertEquals(1, opened.get());
  }

  @Test
  void fewSourcesStayOpenWhateverTheMemory() throws IOException {
    DecoderShare large = new DecoderBudget(1L << 40).share(Work.READING);
    List<InputStream> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(large.openChunks(this::source, 0, 0));
    }

    assertTrue(open.get() <= 512, "open: " + open.get());
    for (InputStream reader : readers) {
      assertEquals(BYTES[0], (byte) reader.read());
      reader.close();
    }
    assertEquals(0, open.get());
  }

  @Test
  void otherWorkGetsTheMemoryOfReadersThatRest() throws IOException {
    List<InputStream> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      readers.add(reader());
    }
    long most = TOTAL / 2; // more than is reserved for it

    budget.release(budget.take(Work.DOWNLOADS, most, waited -> false));

    assertArrayEquals(BYTES, readers.get(0).readAllBytes());
  }

  @Test
  void aReaderWaitsForAWriterWithoutMemory() throws Exception {
    CountDownLatch waits = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    DecoderShare.Source growing =
        new DecoderShare.Source() {
          @Override
          public InputStream open(long offset) {
            return source(offset);
          }

          @Override
          public void await(long offset) throws IOException {
            if (offset == BYTES.length / 2) {
              waits.countDown();
              await(written);
            }
          }

          private void await(CountDownLatch latch) throws IOException {
            try {
              latch.await();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
          }
        };
    Future<byte[]> follower =
        threads.submit(
            () -> {
              try (InputStream in = share.openChunks(growing, 0, 0)) {
                byte[] first = in.readNBytes(BYTES.length / 2);
                byte[] all = Arrays.copyOf(first, BYTES.length);
                byte[] rest = in.readAllBytes();
                System.arraycopy(rest, 0, all, first.length, rest.length);
                return all;
              }
            });
    waits.await();

    budget.release(budget.take(Work.READING, budget.mostBytes(Work.READING), waited -> false));

    assertEquals(0, open.get());
    written.countDown();
    assertArrayEquals(BYTES, follower.get());
  }

  @Test
  void aSourceThatCannotBeClosedHarmsNobodyElse() throws IOException {
    InputStream broken =
        share.openChunks(
            offset ->
                new ByteArrayInputStream(BYTES) {
                  @Override
                  public void close() {
                    throw new IllegalStateException("not closed");
                  }
                },
            0,
            0);

    budget.release(budget.take(Work.READING, budget.mostBytes(Work.READING), waited -> false));

    assertEquals(TOTAL, budget.freeBytes());
    broken.close();
  }

  @Test
  void aClosedReaderIsForgottenAlsoIfItHasYielded() throws IOException {
    InputStream in = reader();
    assertEquals(1, budget.restingReaders());
    ((RestingReaders.Resting) in).yieldMemory(); // as one who chose it before its last read

    in.close();

    assertEquals(0, budget.restingReaders());
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void aSourceThatCannotBeOpenedAgainFailsEveryLaterRead() throws IOException {
    AtomicInteger attempts = new AtomicInteger();
    InputStream in =
        share.openChunks(
            offset -> {
              if (attempts.getAndIncrement() > 0) {
                throw new IOException("gone at " + offset);
              }
              return source(offset);
            },
            0,
            0);
    in.skipNBytes(7);
    budget.release(budget.take(Work.READING, budget.mostBytes(Work.READING), waited -> false));

    assertEquals("gone at 7", assertThrows(IOException.class, in::read).getMessage());
    assertEquals("gone at 7", assertThrows(IOException.class, in::read).getMessage());
    in.close();
    assertEquals(2, attempts.get());
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void manyThreadsReadTheRightBytes() throws Exception {
    int most = (int) (budget.mostBytes(Work.READING) / budget.chunkReaderBytes());
    List<Callable<byte[]>> all = new ArrayList<>();
    for (int i = 0; i < 3 * most; i++) {
      all.add(
          () -> {
            byte[] got = new byte[BYTES.length];
            try (InputStream in = reader()) {
              for (int at = 0; at < got.length; ) {
                at += in.read(got, at, Math.min(100, got.length - at));
                Thread.yield();
              }
            }
            return got;
          });
    }

    for (Future<byte[]> read : threads.invokeAll(all)) {
      assertArrayEquals(BYTES, read.get());
    }

    assertEquals(0, open.get());
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void aStreamOfFramesTakesAThirdOfOneThatDecodesThem() throws IOException {
    long free = budget.freeBytes();
    try (InputStream in = share.openFrames(() -> source(0))) {
      assertArrayEquals(BYTES, in.readAllBytes());
      assertEquals(budget.frameReaderBytes(), free - budget.freeBytes());
      assertEquals(budget.chunkReaderBytes(), 3 * budget.frameReaderBytes());
    }
    assertEquals(free, budget.freeBytes());
    assertEquals(0, open.get());
  }
}
