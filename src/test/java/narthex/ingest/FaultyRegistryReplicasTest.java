package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.staging.FaultyRegistry;
import narthex.staging.LocalRegistry;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Node.Options;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Two replicas whose registry isn't right: it may cost a second download, nothing else. */
class FaultyRegistryReplicasTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Sample SAMPLE = Sample.of(81, Compression.XZ);

  @TempDir Path folder;
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final FaultyRegistry registryA = new FaultyRegistry(new LocalRegistry(board, "a"));
  private final FaultyRegistry registryB = new FaultyRegistry(new LocalRegistry(board, "b"));
  private final Gate gate = new Gate();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);

  @SuppressWarnings("NullAway.Init") // JUnit calls open first
  private Node a;

  @SuppressWarnings("NullAway.Init")
  private Node b;

  @BeforeEach
  void open() throws IOException {
    SAMPLE.publish(upstream);
    Options options = Options.usual().in(CdcMode.EAGER);
    a = Node.open(folder, options.withCluster(registryA), upstream);
    b = Node.open(folder, options.withCluster(registryB), upstream);
    assertTrue(a.narInfo(SAMPLE).isPresent());
    assertTrue(b.narInfo(SAMPLE).isPresent());
  }

  @AfterEach
  void close() throws IOException {
    gate.open();
    a.close();
    b.close();
    upstream.close();
  }

  private List<Reading> readOnBoth(FaultyRegistry.Fault fault) {
    upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(SAMPLE.fileBytes() / 2, gate), 2);
    registryA.begin(fault);
    registryB.begin(fault);
    List<Reading> readings = new ArrayList<>();
    readings.add(Reading.start(a, SAMPLE, SAMPLE.narName(), 0));
    gate.awaitArrivals(1, PATIENCE);
    readings.add(Reading.start(b, SAMPLE, SAMPLE.narName(), 0));
    readings.add(Reading.start(b, SAMPLE, SAMPLE.narName(), SAMPLE.narBytes() / 2));
    return readings;
  }

  private void awaitIdle() {
    a.awaitIdle();
    b.awaitIdle();
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.EXCLUDE, names = "LIES_ABOUT_EXTENTS")
  void everyClientGetsTheNar(FaultyRegistry.Fault fault) throws IOException {
    List<Reading> readings = readOnBoth(fault);
    gate.open();

    assertEquals(List.of(Outcome.RIGHT), Reading.outcomes(readings).stream().distinct().toList());
    awaitIdle();
    assertTrue(b.isStored(SAMPLE));
    assertTrue(upstream.requests().count("GET", SAMPLE.narTarget()) <= 2);
  }

  @ParameterizedTest
  @EnumSource(mode = Mode.INCLUDE, names = "LIES_ABOUT_EXTENTS")
  void noClientGetsWrongBytes(FaultyRegistry.Fault fault) {
    List<Reading> readings = readOnBoth(fault);
    gate.open();

    assertEquals(Outcome.RIGHT, readings.get(0).outcome());
    for (Reading follower : readings.subList(1, readings.size())) {
      assertNotEquals(Outcome.ABSENT, follower.outcome());
    }
    awaitIdle();
    assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, SAMPLE.narName(), 0).outcome());
  }
}
