package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Faults of an upstream during the fetch of a NAR, with many readers. */
class FetchFaultTest {
  private static final int READERS = 8;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Sample XZ = Sample.of(1, Compression.XZ);
  private static final int LENGTH = XZ.fileBytes();
  private static final int HALF = LENGTH / 2;

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  /** A fault of the first response only, and the number of requests that the fetch then needs. */
  record Passing(Fault fault, int gets) {
    @Override
    public String toString() {
      return fault + " once";
    }
  }

  static Stream<Passing> passingFaults() {
    return Stream.of(
        new Passing(Fault.cutAfter(0), 2),
        new Passing(Fault.cutAfter(1), 2),
        new Passing(Fault.cutAfter(HALF), 2),
        new Passing(Fault.cutAfter(65_536), 2),
        new Passing(Fault.cutAfter(LENGTH - 1L), 2),
        new Passing(Fault.cutAfter(LENGTH), 1),
        new Passing(Fault.cutBeforeHeaders(), 2),
        new Passing(Fault.resetAfter(0), 2),
        new Passing(Fault.resetAfter(HALF), 2),
        new Passing(Fault.resetBeforeHeaders(), 2),
        new Passing(Fault.garbage(new byte[] {0, 1, 2, '\n', '\n'}), 2),
        new Passing(Fault.status(500), 2),
        new Passing(Fault.status(503), 2),
        new Passing(Fault.status(429), 2),
        new Passing(Fault.status(429, Duration.ofSeconds(60)), 2),
        new Passing(Fault.stallAfter(HALF, new Gate()), 2),
        new Passing(Fault.stallAfter(LENGTH - 1L, new Gate()), 2),
        new Passing(Fault.chunked(), 1),
        new Passing(Fault.chunked().and(Fault.cutAfter(0)), 2),
        new Passing(Fault.chunked().and(Fault.cutAfter(HALF)), 2),
        new Passing(Fault.chunked().and(Fault.cutAfter(LENGTH)), 1),
        new Passing(Fault.closeDelimited(), 1),
        new Passing(Fault.closeDelimited().and(Fault.cutAfter(HALF)), 2),
        new Passing(Fault.closeDelimited().and(Fault.resetAfter(HALF)), 2),
        new Passing(Fault.contentEncoding("gzip"), 1),
        new Passing(Fault.contentEncoding("zstd"), 1),
        new Passing(Fault.contentEncoding("gzip").and(Fault.cutAfter(HALF)), 2),
        new Passing(Fault.contentEncoding("zstd").and(Fault.cutAfter(HALF)), 2));
  }

  /** A fault of every response, and the expected outcome for clients. */
  record Lasting(Fault fault, Outcome outcome) {
    @Override
    public String toString() {
      return fault + " always";
    }
  }

  static Stream<Lasting> lastingFaults() {
    Stream<Fault> failing =
        Stream.of(
            Fault.cutAfter(0),
            Fault.cutBeforeHeaders(),
            Fault.resetBeforeHeaders(),
            Fault.status(500),
            Fault.status(503),
            Fault.status(429),
            Fault.status(401),
            Fault.status(418),
            Fault.status(206),
            Fault.status(304),
            Fault.redirect(302, XZ.narTarget()),
            Fault.garbage(new byte[200]),
            Fault.stallAfter(0, new Gate()),
            Fault.stallBeforeHeaders(new Gate()),
            Fault.shortBody(1),
            Fault.shortBody(HALF),
            Fault.shortBody(LENGTH),
            Fault.shortBody(HALF).and(Fault.chunked()),
            Fault.shortBody(1).and(Fault.closeDelimited()),
            Fault.longBody(1),
            Fault.longBody(1).and(Fault.closeDelimited()),
            Fault.contentLengthTooLarge(7),
            Fault.replaceBody(
                "<html>sign in</html>".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
            Fault.replaceBody(new byte[0]),
            Fault.header("Content-Encoding", "rot13"),
            Fault.header("Content-Encoding", "gzip"),
            Fault.flipByte(HALF).and(Fault.contentEncoding("gzip")));
    return Stream.concat(
        failing.map(fault -> new Lasting(fault, Outcome.FAILED)),
        Stream.of(403, 404, 410).map(status -> new Lasting(Fault.status(status), Outcome.ABSENT)));
  }

  /** Faults of the response that resumes a broken transfer. */
  static Stream<Lasting> faultsOfTheSecondAnswer() {
    String other = String.format(Locale.ROOT, "bytes 7-%d/%d", LENGTH - 1, LENGTH);
    String longer = String.format(Locale.ROOT, "bytes %d-%d/%d", HALF, LENGTH, LENGTH + 1);
    return Stream.of(
        new Lasting(Fault.ignoreRange(), Outcome.RIGHT),
        new Lasting(Fault.ignoreRange().and(Fault.chunked()), Outcome.RIGHT),
        new Lasting(Fault.header("ETag", "\"changed\""), Outcome.RIGHT),
        new Lasting(Fault.wrongContentRange(longer), Outcome.RIGHT),
        new Lasting(Fault.wrongContentRange(other), Outcome.FAILED),
        new Lasting(Fault.wrongContentRange("nonsense"), Outcome.FAILED),
        new Lasting(Fault.status(416), Outcome.FAILED),
        new Lasting(Fault.status(404), Outcome.FAILED),
        new Lasting(Fault.status(500), Outcome.FAILED),
        new Lasting(Fault.flipByte(LENGTH - 9L), Outcome.FAILED),
        new Lasting(Fault.longBody(5), Outcome.FAILED),
        new Lasting(Fault.cutAfter(0), Outcome.FAILED));
  }

  /** Only a stall needs a time-out: on a busy machine a short one ends sound transfers too. */
  private static Node.Options options(Fault fault) {
    Node.Options usual = Node.Options.usual();
    return fault.toString().contains("stall") ? usual.withRead(SECOND) : usual;
  }

  @BeforeEach
  void publish() {
    XZ.publish(upstream);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  @ParameterizedTest
  @MethodSource("passingFaults")
  void aPassingFaultIsNotNoticedByAnyReader(Passing passing) throws IOException {
    Node.Options persistent = options(passing.fault()).withRetryWithin(Duration.ofSeconds(20));
    try (Node node = Node.open(folder, persistent, upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.fail(XZ.narTarget(), passing.fault(), 1);

      assertAll(Outcome.RIGHT, read(node, XZ));

      assertStored(node, XZ);
      assertEquals(passing.gets(), upstream.requests().count("GET", XZ.narTarget()));
    }
  }

  @ParameterizedTest
  @MethodSource("lastingFaults")
  void aLastingFaultReachesEveryReaderAndNothingIsStored(Lasting lasting) throws IOException {
    try (Node node = Node.open(folder, options(lasting.fault()), upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.fail(XZ.narTarget(), lasting.fault());

      assertAll(lasting.outcome(), read(node, XZ));

      assertGoodAgain(node, XZ);
    }
  }

  @ParameterizedTest
  @MethodSource("faultsOfTheSecondAnswer")
  void aTransferIsTakenUpOnlyWithTheSameBytes(Lasting second) throws IOException {
    try (Node node = Node.open(folder, options(second.fault()), upstream)) {
      assertTrue(node.narInfo(XZ).isPresent());
      upstream.fail(
          r -> r.target().equals(XZ.narTarget()) && r.range().isEmpty(),
          Fault.cutAfter(HALF),
          Integer.MAX_VALUE);
      upstream.fail(r -> r.range().isPresent(), second.fault(), Integer.MAX_VALUE);

      assertAll(second.outcome(), read(node, XZ));

      if (second.outcome() == Outcome.RIGHT) {
        assertStored(node, XZ);
        assertEquals(2, upstream.requests().count("GET", XZ.narTarget()));
      } else {
        assertGoodAgain(node, XZ);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void everyCompressionIsFetchedAndDecoded(Compression compression) throws IOException {
    Sample sample = Sample.of(2, compression).publish(upstream);
    try (Node node = Node.open(folder, upstream)) {
      assertTrue(node.narInfo(sample).isPresent());

      assertAll(Outcome.RIGHT, read(node, sample));

      assertStored(node, sample);
      assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
      assertAll(Outcome.RIGHT, read(node, sample));
      assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFlippedByteAnywhereReachesNobodyAsTheWhole(Compression compression) throws IOException {
    Sample sample = Sample.of(3, compression).publish(upstream);
    try (Node node = Node.open(folder, upstream)) {
      assertTrue(node.narInfo(sample).isPresent());
      int length = sample.fileBytes();
      int early =
          compression == Compression.GZIP
              ? 12
              : 5; // bytes 4 to 7 of a gzip header are a time stamp, which no check covers
      for (long offset : new long[] {0, early, length / 3, length - 2L, length - 1L}) {
        upstream.fail(sample.narTarget(), Fault.flipByte(offset));
        assertAll(Outcome.FAILED, read(node, sample));
        assertNothingStored(node, sample);
        upstream.heal();
      }

      assertGoodAgain(node, sample);
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aFlippedByteIsFoundWithoutAFileHash(Compression compression) throws IOException {
    Sample sample = Lies.NO_HASH.tell(Sample.of(4, compression)).publish(upstream);
    try (Node node = Node.open(folder, upstream)) {
      assertTrue(node.narInfo(sample).isPresent());
      upstream.fail(sample.narTarget(), Fault.flipByte(sample.fileBytes() / 2));
      assertAll(Outcome.FAILED, read(node, sample));

      assertGoodAgain(node, sample);
    }
  }

  @ParameterizedTest
  @EnumSource(Compression.class)
  void aCutAnywhereIsTakenUpInEveryCompression(Compression compression) throws IOException {
    Sample sample = Sample.of(5, compression).publish(upstream);
    int length = sample.fileBytes();
    for (long offset : new long[] {1, length / 2, length - 1L}) {
      try (Node node = Node.open(folder.resolve(Long.toString(offset)), upstream)) {
        assertTrue(node.narInfo(sample).isPresent());
        upstream.requests().clear();
        upstream.fail(sample.narTarget(), Fault.cutAfter(offset), 1);

        assertAll(Outcome.RIGHT, read(node, sample));

        assertStored(node, sample);
        assertEquals(
            List.of("", "bytes=" + offset + "-"),
            upstream.requests().matching(r -> r.target().equals(sample.narTarget())).stream()
                .map(r -> r.range().orElse(""))
                .toList());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Lies.class)
  void aNarInfoThatLiesIsFoundOut(Lies lie) throws IOException {
    Sample sample = lie.tell(Sample.of(6, Compression.XZ)).publish(upstream);
    try (Node node = Node.open(folder, upstream)) {
      assertTrue(node.narInfo(sample).isPresent());
      if (lie.chunked) {
        upstream.fail(sample.narTarget(), Fault.chunked());
      }

      if (lie.isOfTheFile()) {
        // Fails, unless the reader came after the lie was detected: then it gets the true file.
        Outcome first = Reading.start(node, sample, sample.fileName(), 0).outcome();
        assertNotEquals(Outcome.ABSENT, first);
        node.awaitIdle();
      }

      List<Outcome> outcomes = read(node, sample);

      if (lie.isOfTheNar()) {
        assertNobodyHasTheNar(outcomes);
      } else {
        assertAll(lie.outcome, outcomes);
      }
      node.awaitIdle();
      if (lie.outcome == Outcome.RIGHT) {
        assertStored(node, sample);
        assertTrue(
            upstream.requests().count("GET", sample.narTarget()) <= (lie.isOfTheFile() ? 2 : 1));
      } else {
        assertNothingStored(node, sample);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Lies.class,
      names = {"NO_HASH", "NO_SIZE", "NOTHING"})
  void whatANarInfoDoesNotSayIsNotNeededToFindACut(Lies silence) throws IOException {
    Sample sample = silence.tell(Sample.of(7, Compression.XZ)).publish(upstream);
    Set<Outcome> fair = EnumSet.of(Outcome.RIGHT, Outcome.FAILED);
    for (Fault framing : List.of(Fault.chunked(), Fault.closeDelimited())) {
      for (long offset : new long[] {0, HALF, sample.fileBytes() - 1L}) {
        Path place = folder.resolve(framing + " " + offset);
        try (Node node = Node.open(place, upstream)) {
          assertTrue(node.narInfo(sample).isPresent());
          upstream.fail(sample.narTarget(), framing.and(Fault.cutAfter(offset)));

          assertTrue(fair.containsAll(read(node, sample)));

          node.awaitIdle();
          if (!node.isStored(sample)) {
            assertGoodAgain(node, sample);
          }
          upstream.heal();
        }
      }
    }
  }

  private static List<Outcome> read(Node node, Sample sample) {
    return Reading.outcomes(Reading.startMany(node, sample, READERS));
  }

  private void assertGoodAgain(Node node, Sample sample) throws IOException {
    assertNothingStored(node, sample);
    upstream.heal();
    upstream.requests().clear();

    assertAll(Outcome.RIGHT, read(node, sample));

    assertStored(node, sample);
    assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
  }

  private static void assertAll(Outcome expected, List<Outcome> outcomes) {
    assertEquals(outcomes.stream().map(any -> expected).toList(), outcomes);
  }

  /**
   * Every second reader requests the file. It may get it, because the file is the announced one;
   * only its NAR is wrong.
   */
  private static void assertNobodyHasTheNar(List<Outcome> outcomes) {
    for (int i = 0; i < outcomes.size(); i++) {
      boolean wantsFile = i % 2 == 0;
      if (!wantsFile || outcomes.get(i) != Outcome.RIGHT) {
        assertEquals(Outcome.FAILED, outcomes.get(i));
      }
    }
  }

  private static void assertNothingStored(Node node, Sample sample) throws IOException {
    node.awaitIdle();
    assertFalse(node.isStored(sample));
    assertEquals(List.of(), node.blobFiles());
    assertEquals(List.of(), node.temporaryFiles());
    assertEquals(0, node.flights().size());
  }

  private static void assertStored(Node node, Sample sample) throws IOException {
    node.awaitIdle();
    assertTrue(node.isStored(sample));
    assertEquals(1, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
    assertEquals(0, node.flights().size());
  }
}
