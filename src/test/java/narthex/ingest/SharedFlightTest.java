package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many readers of one download, at different speeds. */
class SharedFlightTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Sample SAMPLE = Sample.of(11, Compression.XZ);
  private static final int HALF = SAMPLE.fileBytes() / 2;

  @TempDir Path folder;
  private final Gate gate = new Gate();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @BeforeEach
  void publish() {
    SAMPLE.publish(upstream);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open() throws IOException {
    Node node = Node.open(folder, upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(HALF, gate));
    return node;
  }

  private static NarSource source(Node node, NarFileName name) throws IOException {
    return node.nars().find(name).orElseThrow();
  }

  private static byte[] expected(NarFileName name, int from, int count) {
    return Arrays.copyOf(SAMPLE.bytes(name, from), count);
  }

  private void assertOneGetAndStored(Node node) throws IOException {
    node.awaitIdle();
    assertTrue(node.isStored(SAMPLE));
    assertEquals(1, upstream.requests().count("GET", SAMPLE.narTarget()));
    assertEquals(1, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @Test
  void fiftyColdReadersAreOneRequestUpstream() throws IOException {
    try (Node node = open()) {
      List<Reading> readings = Reading.startMany(node, SAMPLE, 50);
      gate.awaitArrivals(1, PATIENCE);
      gate.open();

      assertEquals(List.of(Outcome.RIGHT), Reading.outcomes(readings).stream().distinct().toList());
      assertOneGetAndStored(node);
    }
  }

  @Test
  void readersThatComeAtTheVeryEndOfADownloadStartNoOther() throws IOException {
    upstream.heal();
    for (int round = 0; round < 8; round++) {
      Sample sample = Sample.of("small-" + round, NarTree.mixed(round, 3).nar(), Compression.NONE);
      sample.publish(upstream);
      try (Node node = Node.open(folder.resolve("round-" + round), upstream)) {
        assertTrue(node.narInfo(sample).isPresent());
        List<Reading> readings = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
          readings.add(Reading.start(node, sample, sample.narName(), 0));
        }
        assertEquals(
            List.of(Outcome.RIGHT), Reading.outcomes(readings).stream().distinct().toList());
        node.awaitIdle();
        assertEquals(1, upstream.requests().count("GET", sample.narTarget()));
      }
    }
  }

  @Test
  void firstBytesAreReadBeforeTheUpstreamSentTheRest() throws IOException {
    try (Node node = open()) {
      for (NarFileName name : List.of(SAMPLE.fileName(), SAMPLE.narName())) {
        try (InputStream in = source(node, name).open(0)) {
          assertArrayEquals(expected(name, 0, 20_000), in.readNBytes(20_000));
        }
      }
      assertFalse(node.isStored(SAMPLE));
      gate.open();

      assertOneGetAndStored(node);
    }
  }

  @Test
  void aReaderMayComeLateAtAnyOffset() throws IOException {
    try (Node node = open()) {
      Reading first = Reading.start(node, SAMPLE, SAMPLE.fileName(), 0);
      gate.awaitArrivals(1, PATIENCE);
      List<Reading> late = Reading.startMany(node, SAMPLE, 8);
      late.add(Reading.start(node, SAMPLE, SAMPLE.fileName(), HALF - 1L));
      late.add(Reading.start(node, SAMPLE, SAMPLE.fileName(), HALF + 1L));
      late.add(Reading.start(node, SAMPLE, SAMPLE.fileName(), SAMPLE.fileBytes()));
      late.add(Reading.start(node, SAMPLE, SAMPLE.narName(), SAMPLE.narBytes()));
      try (InputStream in = source(node, SAMPLE.fileName()).open(HALF - 10L)) {
        assertArrayEquals(expected(SAMPLE.fileName(), HALF - 10, 10), in.readNBytes(10));
      }
      gate.open();

      assertEquals(Outcome.RIGHT, first.outcome());
      assertEquals(List.of(Outcome.RIGHT), Reading.outcomes(late).stream().distinct().toList());
      assertOneGetAndStored(node);
    }
  }

  @Test
  void oneWhoLeavesDisturbsNobody() throws IOException {
    try (Node node = open()) {
      Reading staying = Reading.start(node, SAMPLE, SAMPLE.narName(), 0);
      try (InputStream leaving = source(node, SAMPLE.fileName()).open(0)) {
        leaving.readNBytes(100);
      }
      gate.open();

      assertEquals(Outcome.RIGHT, staying.outcome());
      assertOneGetAndStored(node);
    }
  }

  @Test
  void theDownloadIsStoredWhenEveryoneHasLeft() throws IOException {
    try (Node node = open()) {
      try (InputStream file = source(node, SAMPLE.fileName()).open(0);
          InputStream nar = source(node, SAMPLE.narName()).open(7)) {
        file.readNBytes(100);
        nar.readNBytes(100);
      }
      gate.open();

      assertOneGetAndStored(node);
    }
  }

  @Test
  void aSlowReaderHoldsUpNobody() throws IOException {
    try (Node node = open()) {
      try (InputStream slow = source(node, SAMPLE.fileName()).open(0);
          InputStream slowNar = source(node, SAMPLE.narName()).open(0)) {
        byte[] start = slow.readNBytes(3);
        byte[] narStart = slowNar.readNBytes(3);
        Reading fast = Reading.start(node, SAMPLE, SAMPLE.fileName(), 0);
        gate.open();

        assertEquals(Outcome.RIGHT, fast.outcome());
        assertOneGetAndStored(node);
        assertArrayEquals(expected(SAMPLE.fileName(), 0, 3), start);
        assertArrayEquals(expected(SAMPLE.narName(), 0, 3), narStart);
        assertArrayEquals(SAMPLE.bytes(SAMPLE.fileName(), 3), slow.readAllBytes());
        assertArrayEquals(SAMPLE.bytes(SAMPLE.narName(), 3), slowNar.readAllBytes());
      }
    }
  }

  @Test
  void whatFailsIsTriedAgainAtOnceThoughTheUpstreamStillHangs() throws IOException {
    Sample sample = Sample.of(12, Compression.NONE).publish(upstream);
    Node.Options hasty = Node.Options.usual().withRead(Duration.ofSeconds(1));
    try (Node node = Node.open(folder, hasty, upstream)) {
      assertTrue(node.narInfo(sample).isPresent());
      byte[] larger = Arrays.copyOf(sample.bytes(sample.narName(), 0), sample.narBytes() * 8);
      upstream.fail(
          sample.narTarget(),
          Fault.replaceBody(larger).and(Fault.stallAfter(sample.narBytes() + 100L, gate)),
          1);

      assertEquals(Outcome.FAILED, Reading.start(node, sample, sample.narName(), 0).outcome());
      assertEquals(Outcome.RIGHT, Reading.start(node, sample, sample.narName(), 0).outcome());
      node.awaitIdle();
      assertTrue(node.isStored(sample));
      assertEquals(List.of(), node.temporaryFiles());
    }
  }

  @Test
  void aNodeThatIsClosedAmidADownloadLeavesNothingHalfDone() throws IOException {
    Reading reading;
    try (Node node = open()) {
      reading = Reading.start(node, SAMPLE, SAMPLE.fileName(), 0);
      gate.awaitArrivals(1, PATIENCE);
    }
    assertEquals(Outcome.FAILED, reading.outcome());
    upstream.heal();
    try (Node node = Node.open(folder, upstream)) {
      assertFalse(node.isStored(SAMPLE));
      assertEquals(List.of(), node.blobFiles());
      assertEquals(List.of(), node.temporaryFiles());
      assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, SAMPLE.fileName(), 0).outcome());
    }
  }
}
