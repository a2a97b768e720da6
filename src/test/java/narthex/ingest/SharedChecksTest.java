package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.SequenceInputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.SpanInputStream;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Concurrent checks of many files, with the thread pools of production and little memory. */
@Timeout(120)
class SharedChecksTest {
  private static final long DECODER_BYTES = 64 << 20;
  private static final int UPLOADS = 24;
  private static final int SENT_BYTES = 4_000;

  /**
   * Share of the memory, in sixteenths, that downloads can take: all but what is reserved for other
   * kinds of work.
   */
  private static final long MOST_OF_DOWNLOADS = 9;

  private static final long SIXTEENTHS = 16;
  private static final long DEADLINE_SECONDS = 60;

  @TempDir private Path folder;

  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final Sample wanted = Sample.of(1, Compression.XZ).publish(upstream);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch rest = new CountDownLatch(1);

  @SuppressWarnings("NullAway.Init") // JUnit calls open first
  private Node node;

  @BeforeEach
  void open() throws IOException {
    node =
        Node.open(
            folder,
            Node.Options.usual().in(CdcMode.EAGER).withDecoderBytes(DECODER_BYTES),
            upstream);
    assertTrue(node.narInfo(wanted).isPresent());
  }

  @AfterEach
  void close() throws IOException {
    rest.countDown();
    threads.shutdownNow();
    node.close();
    upstream.close();
  }

  private Future<Stored> upload(Sample sample, InputStream body) {
    return threads.submit(
        () -> node.narUpload().store(sample.fileName(), OptionalLong.empty(), body));
  }

  /** Starts uploads of which some hold all memory for uploads and the others wait for it. */
  private List<Future<Stored>> uploadSlowly() {
    List<Future<Stored>> uploads = new ArrayList<>();
    for (int i = 0; i < UPLOADS; i++) {
      Sample sample = Sample.of(100 + i, Compression.XZ);
      byte[] file = sample.bytes(sample.fileName(), 0);
      uploads.add(
          upload(
              sample,
              new SequenceInputStream(
                  new ByteArrayInputStream(file, 0, SENT_BYTES),
                  new LateInputStream(Arrays.copyOfRange(file, SENT_BYTES, file.length)))));
    }
    awaitWaiting(1);
    return uploads;
  }

  private void awaitWaiting(int wanted) {
    Soon.await("waiting checks").until(node.decoders()::waiting, waiting -> waiting >= wanted);
  }

  /** Returns its bytes when the test permits it. */
  private final class LateInputStream extends SpanInputStream {
    private final InputStream in;

    LateInputStream(byte[] bytes) {
      this.in = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      try {
        rest.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
      return in.read(bytes, offset, length);
    }
  }

  @Test
  void slowUploadsDoNotDelayTheFirstByteOfADownload() throws Exception {
    List<Future<Stored>> uploads = uploadSlowly();

    try (InputStream in = node.nars().find(wanted.narName()).orElseThrow().open(0)) {
      assertEquals(wanted.bytes(wanted.narName(), 0)[0], in.read());
    }

    rest.countDown();
    for (Future<Stored> upload : uploads) {
      assertEquals(Stored.NEW, upload.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
    node.awaitIdle(); // the check of the download has memory of the same budget
    assertEquals(DECODER_BYTES, node.decoders().freeBytes());
  }

  @Test
  void aSlowDownloadDoesNotDelayTheFirstByteOfAnother() throws Exception {
    Gate gate = new Gate();
    Sample slow = Sample.of(2, Compression.XZ).publish(upstream);
    assertTrue(node.narInfo(slow).isPresent());
    upstream.fail(slow.narTarget(), Fault.stallAfter(SENT_BYTES, gate));
    Future<byte[]> read =
        threads.submit(
            () -> {
              try (InputStream in = node.nars().find(slow.narName()).orElseThrow().open(0)) {
                return in.readAllBytes();
              }
            });
    gate.awaitArrivals(1, Duration.ofSeconds(DEADLINE_SECONDS));

    try (InputStream in = node.nars().find(wanted.narName()).orElseThrow().open(0)) {
      assertEquals(wanted.bytes(wanted.narName(), 0)[0], in.read());
    }

    gate.open();
    assertEquals(
        slow.bytes(slow.narName(), 0).length, read.get(DEADLINE_SECONDS, TimeUnit.SECONDS).length);
  }

  /**
   * Takes all memory that checks of downloads can have. The caller closes the stream, which
   * releases it.
   */
  private InputStream takeAllOfDownloads() throws IOException {
    InputStream all =
        node.decoders()
            .share(Work.DOWNLOADS)
            .decode(
                Compression.NONE,
                new ByteArrayInputStream(new byte[1]),
                new DecoderShare.Terms(
                    1, DECODER_BYTES / SIXTEENTHS * MOST_OF_DOWNLOADS, waited -> false));
    assertEquals(0, all.read());
    return all;
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void checksThatWaitForMemoryDoNotDelayTheFirstByteOfADownload(Compression compression)
      throws Exception {
    Sample sample = Sample.of(50, compression).publish(upstream);
    assertTrue(node.narInfo(sample).isPresent());
    Future<byte[]> read;
    try (InputStream all = takeAllOfDownloads()) {
      NarSource source = node.nars().find(sample.fileName()).orElseThrow();
      InputStream in = source.open(0);
      assertEquals(sample.bytes(sample.fileName(), 0)[0] & 0xFF, in.read());
      awaitWaiting(1);
      read =
          threads.submit(
              () -> {
                try (source;
                    in) {
                  return in.readAllBytes();
                }
              });
    }

    byte[] whole = sample.bytes(sample.fileName(), 0);
    assertArrayEquals(
        Arrays.copyOfRange(whole, 1, whole.length), read.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void aNarWhoseCheckWaitsForMemoryIsDecodedForItsReader() throws Exception {
    try (InputStream all = takeAllOfDownloads();
        NarSource source = node.nars().find(wanted.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      assertEquals(wanted.bytes(wanted.narName(), 0)[0], in.read());
      awaitWaiting(1);
    }
  }

  @Test
  void aStopEndsUploadsWhoseCheckWaitsForMemory() throws Exception {
    uploadSlowly();
    Sample whole = Sample.of(3, Compression.XZ);
    int before = node.decoders().waiting();
    Future<Stored> waiting =
        upload(whole, new ByteArrayInputStream(whole.bytes(whole.fileName(), 0)));
    awaitWaiting(before + 1);

    node.close();

    ExecutionException ended =
        assertThrows(
            ExecutionException.class, () -> waiting.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    assertTrue(ended.getCause() instanceof IOException, ended::toString);
  }
}
