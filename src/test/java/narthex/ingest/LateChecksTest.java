package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.testing.FaultyUpstream;
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

/** Files with an announced FileHash, while no check gets memory to decode them. */
@Timeout(120)
class LateChecksTest {
  private static final long DECODER_BYTES = 64 << 20;

  /** All memory but what is reserved for other kinds of work. */
  private static final long MOST_OF_DOWNLOADS = DECODER_BYTES / 16 * 9;

  private static final long DEADLINE_SECONDS = 60;

  @TempDir private Path folder;

  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Node> nodes = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // JUnit calls open first
  private InputStream memory;

  private Node open(CdcMode mode) throws IOException {
    Node node =
        Node.open(folder, Node.Options.usual().in(mode).withDecoderBytes(DECODER_BYTES), upstream);
    nodes.add(node);
    memory =
        node.decoders()
            .share(Work.DOWNLOADS)
            .decode(
                Compression.NONE,
                new ByteArrayInputStream(new byte[1]),
                new DecoderShare.Terms(1, MOST_OF_DOWNLOADS, waited -> false));
    assertEquals(0, memory.read());
    return node;
  }

  @BeforeEach
  void start() {
    memory = InputStream.nullInputStream();
  }

  @AfterEach
  void close() throws IOException {
    memory.close();
    threads.shutdownNow();
    for (Node node : nodes) {
      node.close();
    }
    upstream.close();
  }

  private static byte[] read(Node node, NarFileName name) throws IOException {
    try (NarSource source = node.nars().find(name).orElseThrow();
        InputStream in = source.open(0)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void aFileThatHasTheAnnouncedHashEndsBeforeItsNarIsChecked(CdcMode mode) throws IOException {
    Sample sample = Sample.of(1, Compression.XZ).publish(upstream);
    Node node = open(mode);
    assertTrue(node.narInfo(sample).isPresent());

    byte[] first = read(node, sample.fileName());
    byte[] second = read(node, sample.fileName());

    assertArrayEquals(sample.bytes(sample.fileName(), 0), first);
    assertArrayEquals(first, second);
    assertFalse(node.isStored(sample));
    memory.close();
    node.awaitIdle();
    assertTrue(node.isStored(sample));
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  @Test
  void whoeverReadsTheNarOfAFileThatEndedWaitsForTheCheck() throws Exception {
    Sample sample = Sample.of(2, Compression.XZ).publish(upstream);
    Node node = open(CdcMode.OFF);
    assertTrue(node.narInfo(sample).isPresent());
    assertEquals(sample.fileBytes(), read(node, sample.fileName()).length);

    Future<byte[]> nar = threads.submit(() -> read(node, sample.narName()));
    Soon.await("waiting check").until(() -> node.decoders().waiting() > 0);
    assertFalse(nar.isDone());
    memory.close();

    assertArrayEquals(
        sample.bytes(sample.narName(), 0), nar.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    node.awaitIdle();
    assertTrue(node.isStored(sample));
  }

  @Test
  void aFileWithoutAnAnnouncedHashEndsAfterItsCheck() throws Exception {
    Sample sample =
        Sample.of(3, Compression.XZ)
            .saying(file -> new NarFile(file.url(), file.compression(), null, file.sizeBytes()))
            .publish(upstream);
    Node node = open(CdcMode.OFF);
    assertTrue(node.narInfo(sample).isPresent());

    Future<byte[]> file = threads.submit(() -> read(node, sample.fileName()));
    Soon.await("waiting check").until(() -> node.decoders().waiting() > 0);
    assertFalse(file.isDone());
    memory.close();

    assertEquals(sample.fileBytes(), file.get(DEADLINE_SECONDS, TimeUnit.SECONDS).length);
  }

  @Test
  void onlySoManyBytesLieUnchecked() {
    List<Runnable> tasks = new ArrayList<>();
    LateChecks checks = new LateChecks(tasks::add);
    long half = 1L << 30;

    assertTrue(checks.accept(() -> {}, half));
    assertTrue(checks.accept(() -> {}, half));
    assertFalse(checks.accept(() -> {}, 1));

    tasks.remove(0).run();
    assertTrue(checks.accept(() -> {}, half));
  }

  @Test
  void onlySoManyFilesLieUnchecked() {
    LateChecks checks = new LateChecks(task -> {});
    for (int i = 0; i < 1_000; i++) {
      assertTrue(checks.accept(() -> {}, 1));
    }
    assertFalse(checks.accept(() -> {}, 1));
  }

  @Test
  void aCheckGoesOnAsSoonAsNoFileComesIn() throws Exception {
    LateChecks checks = new LateChecks(threads);
    checks.pause(); // no transfer is running
    checks.transferBegun();
    Future<?> resting =
        threads.submit(
            () -> {
              checks.pause();
              return null;
            });
    checks.transferEnded();

    resting.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }
}
