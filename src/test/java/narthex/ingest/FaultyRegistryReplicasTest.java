package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.staging.FaultyRegistry;
import narthex.staging.Flight;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.ValueSource;

/** Two replicas whose registry isn't right: it may cost a second download, nothing else. */
class FaultyRegistryReplicasTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Sample SAMPLE = Sample.of(81, Compression.XZ);
  private static final int START = 20_000;

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

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anUploadIsReadElsewhereOnceTheRegistryAnswers(boolean isOneSearching) throws Exception {
    Sample unknown = Sample.of(82, Compression.XZ);
    String flight = new Flight.ByFile(unknown.fileName().stem()).name();
    byte[] file = unknown.bytes(unknown.fileName(), 0);
    int half = file.length / 2;
    registryA.begin(FaultyRegistry.Fault.FORGETS_CLAIMS);
    try (PipedOutputStream out = new PipedOutputStream()) {
      InputStream body = new PipedInputStream(out, file.length);
      CompletableFuture<Stored> stored = CompletableFuture.supplyAsync(() -> upload(unknown, body));
      out.write(file, 0, half);
      out.flush();
      registryA.awaitForgottenContent(PATIENCE);
      assertEquals(Outcome.ABSENT, Reading.start(b, unknown, unknown.narName(), 0).outcome());
      if (isOneSearching) {
        assertEquals("b", registryB.claim(flight).holder());
      }

      registryA.end(FaultyRegistry.Fault.FORGETS_CLAIMS);

      byte[] expected = Arrays.copyOf(unknown.bytes(unknown.narName(), 0), START);
      try (NarSource source = b.nars().find(unknown.narName()).orElseThrow();
          InputStream in = source.open(0)) {
        assertArrayEquals(expected, in.readNBytes(START));
      }
      assertFalse(a.isStored(unknown));
      Reading elsewhere = Reading.start(b, unknown, unknown.narName(), 1);
      out.write(file, half, file.length - half);
      out.close();
      assertEquals(Stored.NEW, stored.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      assertEquals(Outcome.RIGHT, elsewhere.outcome());
    }
    awaitIdle();
  }

  @Test
  void aFetchIsFollowedOnceTheRegistryAnswers() throws IOException {
    upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(SAMPLE.fileBytes() / 2, gate), 1);
    registryA.begin(FaultyRegistry.Fault.FORGETS_CLAIMS);
    Reading here = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    registryA.awaitForgottenContent(PATIENCE);

    registryA.end(FaultyRegistry.Fault.FORGETS_CLAIMS);

    byte[] expected = Arrays.copyOf(SAMPLE.bytes(SAMPLE.narName(), 0), START);
    try (NarSource source = b.nars().find(SAMPLE.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      assertArrayEquals(expected, in.readNBytes(START));
    }
    gate.open();
    assertEquals(Outcome.RIGHT, here.outcome());
    awaitIdle();
    assertEquals(1, upstream.requests().count("GET", SAMPLE.narTarget()));
  }

  @Test
  void aBatchThatGotLostIsPublishedAgain() throws IOException {
    upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(SAMPLE.fileBytes() / 2, gate), 1);
    registryA.begin(FaultyRegistry.Fault.FORGETS_BATCHES);
    Reading here = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    Reading elsewhere = Reading.start(b, SAMPLE, SAMPLE.narName(), 0);
    registryA.awaitForgottenBatch(PATIENCE);

    registryA.end(FaultyRegistry.Fault.FORGETS_BATCHES);

    byte[] expected = Arrays.copyOf(SAMPLE.bytes(SAMPLE.narName(), 0), START);
    try (NarSource source = b.nars().find(SAMPLE.narName()).orElseThrow();
        InputStream in = source.open(0)) {
      assertArrayEquals(expected, in.readNBytes(START));
    }
    gate.open();
    assertEquals(List.of(Outcome.RIGHT, Outcome.RIGHT), Reading.outcomes(List.of(here, elsewhere)));
    awaitIdle();
    assertEquals(1, upstream.requests().count("GET", SAMPLE.narTarget()));
  }

  private Stored upload(Sample sample, InputStream body) {
    try {
      return a.narUpload().store(sample.fileName(), OptionalLong.empty(), body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
