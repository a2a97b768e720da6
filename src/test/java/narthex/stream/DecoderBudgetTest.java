package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Grant;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class DecoderBudgetTest {
  private static final long TOTAL = 160 << 20;
  private static final long MIB = 1 << 20;

  /** Dictionary sizes as property bytes of LZMA2. */
  private static final byte OF_1_MIB = 16;

  private static final byte OF_64_MIB = 28;

  private static final Patience NONE = waited -> false;
  private static final Patience ENDLESS = waited -> true;

  private final DecoderBudget budget = new DecoderBudget(TOTAL);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Grant take(Work work, long bytes) throws IOException {
    return budget.take(work, bytes, NONE);
  }

  /** Requests memory in another thread; returns when the request waits. */
  private Future<Grant> begin(Work work, long bytes) throws InterruptedException {
    int before = budget.waiting();
    CountDownLatch waits = new CountDownLatch(1);
    Future<Grant> asked =
        threads.submit(
            () ->
                budget.take(
                    work,
                    bytes,
                    waited -> {
                      waits.countDown();
                      return true;
                    }));
    waits.await();
    assertEquals(before + 1, budget.waiting());
    return asked;
  }

  @Test
  void aSmallRequestPassesALargeOneThatWaits() throws Exception {
    Grant running = take(Work.READING, 40 * MIB);
    Future<Grant> large = begin(Work.READING, 60 * MIB);

    for (int i = 0; i < 30; i++) {
      take(Work.READING, MIB);
    }

    assertFalse(large.isDone());
    budget.release(running);
    large.get();
    assertEquals(0, budget.waiting());
  }

  @Test
  void whatPassesALargeRequestLeavesRoomForIt() throws Exception {
    Grant running = take(Work.READING, 40 * MIB);
    Future<Grant> large = begin(Work.READING, 60 * MIB);
    take(Work.READING, 30 * MIB);

    assertThrows(DecodersBusyException.class, () -> take(Work.READING, 2 * MIB));
    budget.release(running);

    budget.release(large.get());
    take(Work.READING, 2 * MIB);
  }

  @Test
  void endlessSmallRequestsDoNotStarveALargeOne() throws Exception {
    Grant running = take(Work.READING, 40 * MIB);
    Future<Grant> large = begin(Work.READING, 60 * MIB);
    for (int i = 0; i < 1_000; i++) {
      budget.release(take(Work.READING, 20 * MIB));
    }
    Grant passing = take(Work.READING, 20 * MIB);

    budget.release(running);

    large.get();
    budget.release(passing);
  }

  @ParameterizedTest
  @EnumSource
  void noWorkTakesWhatIsReservedForAnother(Work greedy) throws IOException {
    take(greedy, budget.mostBytes(greedy));
    assertThrows(DecodersBusyException.class, () -> take(greedy, 1));

    for (Work other : Work.values()) {
      if (other != greedy) {
        take(other, 10 * MIB);
      }
    }
  }

  @Test
  void whatOneKindOfWorkWaitsForDoesNotHoldUpAnother() throws Exception {
    take(Work.UPLOADS, budget.mostBytes(Work.UPLOADS));
    begin(Work.UPLOADS, 60 * MIB);

    take(Work.DOWNLOADS, 40 * MIB);
    take(Work.READING, 40 * MIB);
  }

  @Test
  void whatCanNeverFitIsRefusedAtOnce() {
    long most = budget.mostBytes(Work.UPLOADS);

    DecoderTooLargeException refused =
        assertThrows(
            DecoderTooLargeException.class, () -> budget.take(Work.UPLOADS, most + 1, ENDLESS));

    assertTrue(String.valueOf(refused.getMessage()).contains(Long.toString(most)));
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void aWaitEndsWithItsReasonOrWhenItsThreadIsInterrupted() throws Exception {
    take(Work.READING, budget.mostBytes(Work.READING));
    IOException unwanted = new IOException("the client left");
    assertSame(
        unwanted,
        assertThrows(
            IOException.class,
            () ->
                budget.take(
                    Work.READING,
                    1,
                    waited -> {
                      throw unwanted;
                    })));
    Future<Grant> waiting = begin(Work.READING, 1);

    threads.shutdownNow();

    ExecutionException ended = assertThrows(ExecutionException.class, waiting::get);
    assertTrue(ended.getCause() instanceof InterruptedIOException);
    assertEquals(0, budget.waiting());
  }

  private static byte[] xz(byte dictionary) throws IOException {
    return XzHeaders.withDictionary(Samples.compressed(Compression.XZ), dictionary);
  }

  private InputStream decode(Compression compression, byte[] bytes, long maxBytes) {
    return budget
        .share(Work.READING)
        .decode(compression, new ByteArrayInputStream(bytes), maxBytes);
  }

  /** The memory that a decoder holds when its first byte is read. */
  private long weight(Compression compression, byte[] bytes, long maxBytes) throws IOException {
    try (InputStream in = decode(compression, bytes, maxBytes)) {
      assertEquals(TOTAL, budget.freeBytes());
      in.read();
      return TOTAL - budget.freeBytes();
    } finally {
      assertEquals(TOTAL, budget.freeBytes());
    }
  }

  @Test
  void aDecoderWeighsWhatItsStreamAsksFor() throws IOException {
    long most = Long.MAX_VALUE;

    assertEquals(64 * MIB, weight(Compression.XZ, xz(OF_64_MIB), most), MIB);
    assertEquals(MIB, weight(Compression.XZ, xz(OF_1_MIB), most), MIB);
    assertEquals(MIB, weight(Compression.ZSTD, Samples.compressed(Compression.ZSTD), most), MIB);
    assertEquals(MIB, weight(Compression.GZIP, Samples.compressed(Compression.GZIP), most), MIB);
    assertEquals(
        5 * MIB, weight(Compression.BZIP2, Samples.compressed(Compression.BZIP2), most), MIB);
  }

  @Test
  void aZstdWindowIsWeighed() throws IOException {
    byte[] frame = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0, (byte) (16 << 3), 1, 0, 0};
    try (InputStream in = decode(Compression.ZSTD, frame, Long.MAX_VALUE)) {
      byte[] longer = Samples.concatenated(Samples.compressed(Compression.ZSTD), frame);
      ByteArrayInputStream later = new ByteArrayInputStream(longer);
      WeighingInputStream weighed = new WeighingInputStream(later);
      try (InputStream both =
          budget.share(Work.READING).decode(Compression.ZSTD, weighed, Long.MAX_VALUE)) {
        both.readAllBytes();
      }
      assertEquals(64 * MIB, weighed.mostBytes, MIB);
      assertEquals(-1, in.read());
    }
  }

  /** Records the most memory that was held at a read. */
  private final class WeighingInputStream extends PassingInputStream {
    private long mostBytes;

    WeighingInputStream(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      mostBytes = Math.max(mostBytes, TOTAL - budget.freeBytes());
      return in.read(bytes, offset, length);
    }
  }

  @Test
  void aLargeDictionaryOnASmallNarIsCheap() throws IOException {
    byte[] small = XzHeaders.withLargeDictionary(Samples.compressed(Compression.XZ));
    long length = Samples.plain().length;

    assertEquals(0, weight(Compression.XZ, small, length), MIB);
    try (InputStream in = decode(Compression.XZ, small, length)) {
      assertArrayEquals(Samples.plain(), in.readAllBytes());
    }
  }

  @Test
  void aLaterBlockWithALargerDictionaryIsWeighedToo() throws IOException {
    byte[] plain = Samples.plain();
    InputStream two =
        new SequenceInputStream(
            new ByteArrayInputStream(xz(OF_1_MIB)), new ByteArrayInputStream(xz(OF_64_MIB)));
    try (InputStream in = budget.share(Work.READING).decode(Compression.XZ, two, Long.MAX_VALUE)) {
      in.readNBytes(plain.length);
      assertEquals(MIB, TOTAL - budget.freeBytes(), MIB);
      in.read();
      assertEquals(64 * MIB, TOTAL - budget.freeBytes(), MIB);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void memoryIsFreeAtTheEndOfAStreamAndAfterAFailure(Compression compression) throws IOException {
    byte[] whole = Samples.compressed(compression);
    try (InputStream in = decode(compression, whole, Long.MAX_VALUE)) {
      in.readAllBytes();
      assertEquals(TOTAL, budget.freeBytes());
    }
    try (InputStream in =
        decode(compression, Samples.prefix(whole, whole.length - 1), Long.MAX_VALUE)) {
      assertThrows(CorruptEncodingException.class, in::readAllBytes);
    }
    assertEquals(TOTAL, budget.freeBytes());
  }

  @Test
  void aLackOfMemoryIsNotTakenForDamage() throws IOException {
    byte[] large = xz(OF_64_MIB);
    take(Work.READING, 60 * MIB);
    try (InputStream in =
        budget
            .share(Work.READING)
            .decode(
                Compression.XZ,
                new ByteArrayInputStream(large),
                new DecoderShare.Terms(Long.MAX_VALUE, 0, NONE))) {
      assertThrows(DecodersBusyException.class, in::read);
      assertThrows(DecodersBusyException.class, in::read);
    }
    assertEquals(TOTAL - 60 * MIB, budget.freeBytes());
  }

  @Test
  void aGzipHeaderOfAnyLengthTakesNoMemory() throws IOException {
    byte[] member = Samples.compressed(Compression.GZIP);
    byte[] head = Samples.prefix(member, 10);
    head[3] |= 8 | 16;
    boolean isNamed = (member[3] & 8) != 0;
    int from = 10;
    if (isNamed) {
      while (member[from++] != 0) {
        // skips the file name
      }
    }
    byte[] rest = Arrays.copyOfRange(member, from, member.length);
    long length = 300 << 20;
    InputStream all =
        new SequenceInputStream(
            Collections.enumeration(
                List.of(
                    new ByteArrayInputStream(head),
                    letters(length),
                    new ByteArrayInputStream(new byte[2]),
                    new ByteArrayInputStream(rest))));
    try (InputStream in = budget.share(Work.READING).decode(Compression.GZIP, all, 1 << 20)) {
      assertArrayEquals(Samples.plain(), in.readAllBytes());
    }
  }

  private static InputStream letters(long count) {
    return new SpanInputStream() {
      private long left = count;

      @Override
      public int read(byte[] bytes, int offset, int length) {
        int given = (int) Math.min(left, length);
        Arrays.fill(bytes, offset, offset + given, (byte) 'x');
        left -= given;
        return given == 0 ? -1 : given;
      }
    };
  }
}
