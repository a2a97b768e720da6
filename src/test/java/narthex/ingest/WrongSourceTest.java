package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import narthex.blob.FaultyBlobStore;
import narthex.blob.FaultyBlobStore.Step;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.Sha256;
import narthex.serve.NarSource;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.LogRecords;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The first upstream is permanently broken or hostile; a second one has the right file. */
class WrongSourceTest {
  private static final byte[] PAGE =
      "<html>an internal page that nobody outside may see</html>".getBytes(StandardCharsets.UTF_8);
  private static final Sample SAMPLE = Sample.of(91, Compression.XZ);
  private static final int LENGTH = SAMPLE.fileBytes();

  /** More than the first decoded byte needs, but before the first byte that any fault changes. */
  private static final long BEFORE_FAULTS = LENGTH / 2 - 1L;

  @TempDir Path folder;
  private final FaultyUpstream first = NarFixture.publishCacheInfo(FaultyUpstream.start(), 10);
  private final FaultyUpstream second = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @BeforeEach
  void publish() {
    SAMPLE.publish(first);
    SAMPLE.publish(second);
  }

  @AfterEach
  void close() {
    first.close();
    second.close();
  }

  private Node open() throws IOException {
    return Node.open(folder, first, second);
  }

  private static Outcome read(Node node, NarFileName name) {
    return Reading.start(node, SAMPLE, name, 0).outcome();
  }

  private static byte[] readAll(NarSource source) throws IOException {
    try (InputStream in = source.open(0)) {
      return in.readAllBytes();
    }
  }

  private static byte[] endless() {
    return Arrays.copyOf(SAMPLE.bytes(SAMPLE.fileName(), 0), 8 * SAMPLE.narBytes());
  }

  static Stream<Fault> faultsBeforeAnyByte() {
    return Stream.of(
        Fault.replaceBody(PAGE),
        Fault.replaceBody(PAGE).and(Fault.chunked()),
        Fault.replaceBody(new byte[0]),
        Fault.replaceBody(endless()),
        Fault.flipByte(0),
        Fault.cutAfter(0),
        Fault.status(500),
        Fault.status(401),
        Fault.status(404));
  }

  @ParameterizedTest
  @MethodSource("faultsBeforeAnyByte")
  void theNextUpstreamIsTakenBeforeAnyReaderSawAByte(Fault fault) throws IOException {
    first.fail(SAMPLE.narTarget(), fault);
    try (Node node = open()) {
      assertTrue(node.narInfo(SAMPLE).isPresent());

      List<Outcome> outcomes = Reading.outcomes(Reading.startMany(node, SAMPLE, 8));

      assertEquals(List.of(Outcome.RIGHT), outcomes.stream().distinct().toList());
      node.awaitIdle();
      assertTrue(node.isStored(SAMPLE));
      assertEquals(List.of(), node.temporaryFiles());
    }
  }

  @Test
  void whoSentARightNarThatCannotBeStoredIsNoWrongSource() throws IOException {
    List<FaultyBlobStore> blobs = new ArrayList<>();
    Node.Options faulty =
        Node.Options.usual()
            .withBlobs(
                store -> {
                  blobs.add(new FaultyBlobStore(store).fail(Step.COMMIT));
                  return blobs.get(0);
                });
    try (Node node = Node.open(folder, faulty, first, second);
        LogRecords log = LogRecords.listen()) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));
      node.awaitIdle();
      assertFalse(node.isStored(SAMPLE));
      assertTrue(log.ours().stream().anyMatch(line -> line.startsWith("could not store nar")));
      assertFalse(log.ours().stream().anyMatch(line -> line.startsWith("nar source failed")));

      blobs.get(0).heal();
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));

      node.awaitIdle();
      assertTrue(node.isStored(SAMPLE));
      assertEquals(2, first.requests().count("GET", SAMPLE.narTarget()));
      assertEquals(0, second.requests().count("GET", SAMPLE.narTarget()));
    }
  }

  static Stream<Fault> faultsBehindTheStart() {
    return Stream.of(
        Fault.flipByte(LENGTH - 30L),
        Fault.shortBody(LENGTH / 2),
        Fault.cutAfter(LENGTH / 2),
        Fault.replaceBody(endless()).and(Fault.chunked()));
  }

  @ParameterizedTest
  @MethodSource("faultsBehindTheStart")
  void theNextRequestGetsTheNarFromTheNextUpstream(Fault fault) throws IOException {
    Gate gate = new Gate();
    first.fail(
        request -> request.target().equals(SAMPLE.narTarget()) && request.range().isEmpty(),
        fault.and(Fault.stallAfter(BEFORE_FAULTS, gate)),
        Integer.MAX_VALUE);
    first.fail(request -> request.range().isPresent(), Fault.cutAfter(0), Integer.MAX_VALUE);
    try (Node node = open()) {
      assertTrue(node.narInfo(SAMPLE).isPresent());

      try (NarSource seen = node.nars().find(SAMPLE.fileName()).orElseThrow()) {
        gate.open(); // only now, because the flight could end before the reader has its source
        assertThrows(IOException.class, () -> readAll(seen));
      }
      node.awaitIdle();
      int asked = first.requests().count("GET", SAMPLE.narTarget());
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));

      assertEquals(asked, first.requests().count("GET", SAMPLE.narTarget()));
      node.awaitIdle();
      assertTrue(node.isStored(SAMPLE));
    }
  }

  @Test
  void aFileKnownByItsNameAloneIsTakenFromTheNextUpstreamToo() throws IOException {
    first.fail(SAMPLE.narTarget(), Fault.replaceBody(PAGE));
    try (Node node = open()) {
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));
    }
  }

  @Test
  void aReplayedNarInfoWithAnotherFileShutsNobodyOut() throws IOException {
    Sample hostile =
        SAMPLE.saying(
            file ->
                new NarFile(
                    "nar/" + Sha256.of(new byte[32]).nix32() + ".nar.bz2",
                    Compression.BZIP2,
                    Sha256.of(new byte[32]),
                    1L << 50));
    hostile.publish(first);
    first.put(hostile.narTarget(), PAGE);
    try (Node node = open()) {
      assertEquals(Compression.BZIP2, node.narInfo(SAMPLE).orElseThrow().file().compression());

      assertEquals(Outcome.RIGHT, read(node, hostile.narName()));

      node.awaitIdle();
      NarFile told = node.narInfo(SAMPLE).orElseThrow().file();
      assertEquals(SAMPLE.narInfo().file(), told);
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));
    }
  }

  @Test
  void anUpstreamThatSentAWrongFileIsPassedOverForTheNarInfoToo() throws IOException {
    Sample hostile = SAMPLE.saying(file -> new NarFile("nar/evil", Compression.BZIP2, null, null));
    hostile.publish(first);
    first.put(hostile.narTarget(), PAGE);
    try (Node node = open()) {
      String stem = node.narInfo(SAMPLE).orElseThrow().file().url().substring("nar/".length());
      assertEquals(Outcome.FAILED, read(node, NarFileName.parse(stem)));
      node.awaitIdle();

      assertEquals(SAMPLE.narInfo().file(), node.narInfo(SAMPLE).orElseThrow().file());
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));
    }
  }

  @Test
  void nothingOfWhatIsNoNarIsSent() throws IOException {
    Sample plain = Sample.of(92, Compression.NONE).publish(first);
    byte[] page = Arrays.copyOf(PAGE, plain.narBytes());
    first.fail(plain.narTarget(), Fault.replaceBody(page));
    try (Node node = open()) {
      assertTrue(node.narInfo(plain).isPresent());

      assertThrows(IOException.class, () -> node.nars().find(plain.narName()));
    }
  }

  @ParameterizedTest
  @EnumSource(CdcMode.class)
  void aStaleFileHashBreaksOneTransferAndIsPutRight(CdcMode mode) throws IOException {
    Sha256 stale = Sha256.of(new byte[32]);
    String url = "nar/" + stale.nix32() + ".nar.xz";
    Long size = SAMPLE.narInfo().file().sizeBytes();
    Sample old =
        SAMPLE.saying(file -> new NarFile(url, Compression.XZ, stale, size)).publish(second);
    Gate gate = new Gate();
    second.fail(old.narTarget(), Fault.stallAfter(BEFORE_FAULTS, gate), 1);
    try (Node node = Node.open(folder, Node.Options.usual().in(mode), second)) {
      assertTrue(node.narInfo(old).isPresent());

      try (NarSource seen = node.nars().find(old.fileName()).orElseThrow()) {
        gate.open();
        assertThrows(IOException.class, () -> readAll(seen));
      }

      node.awaitIdle();
      assertTrue(node.isStored(SAMPLE));
      NarFile told = node.narInfo(SAMPLE).orElseThrow().file();
      if (mode != CdcMode.EAGER) {
        assertEquals(SAMPLE.narInfo().file(), told);
      }
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.fileName()));
      assertEquals(Outcome.RIGHT, read(node, SAMPLE.narName()));
      assertEquals(Outcome.RIGHT, read(node, old.narName()));
      assertEquals(Outcome.RIGHT, read(node, old.fileName()));
    }
  }

  @Test
  void aReaderOfTheNarDoesNotNoticeAStaleFileHash() throws IOException {
    Sha256 stale = Sha256.of(new byte[32]);
    String url = "nar/" + stale.nix32() + ".nar.xz";
    Sample old = SAMPLE.saying(file -> new NarFile(url, Compression.XZ, stale, 7L)).publish(second);
    try (Node node = Node.open(folder, second)) {
      assertTrue(node.narInfo(old).isPresent());

      assertEquals(Outcome.RIGHT, read(node, old.narName()));
    }
  }

  @Test
  void aSourceIsSuspectForAWhileOnly() {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    WrongSources wrong = new WrongSources(now::get);

    wrong.add("http://one/", "x");

    assertTrue(wrong.contains("http://one/", "x"));
    assertFalse(wrong.contains("http://one/", "y"));
    assertFalse(wrong.contains("http://two/", "x"));
    now.set(Instant.EPOCH.plus(Duration.ofMinutes(10)));
    assertFalse(wrong.contains("http://one/", "x"));
  }
}
