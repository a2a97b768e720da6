package narthex.ingest;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
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
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.staging.Flight;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
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

/** Two replicas over one database and one blob store: one brings a NAR in, the other follows. */
class ReplicasTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Sample SAMPLE = Sample.of(71, Compression.XZ);
  private static final int HALF = SAMPLE.fileBytes() / 2;
  private static final int START = 20_000;

  @TempDir Path folder;
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final Gate gate = new Gate();
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final FaultyUpstream other = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final InFlightRegistry registryA = new LocalRegistry(board, "a");
  private final InFlightRegistry registryB = new LocalRegistry(board, "b");

  @SuppressWarnings("NullAway.Init") // each test calls open first
  private Node a;

  @SuppressWarnings("NullAway.Init")
  private Node b;

  @BeforeEach
  void publish() {
    SAMPLE.publish(upstream);
    SAMPLE.publish(other);
  }

  @AfterEach
  void close() throws IOException {
    gate.open();
    a.close();
    b.close();
    upstream.close();
    other.close();
  }

  /** Opens two replicas; the first response for the sample's file stalls in the middle. */
  private void open(CdcMode mode) throws IOException {
    a = Node.open(folder, Options.usual().in(mode).withCluster(registryA), upstream);
    b = Node.open(folder, Options.usual().in(mode).withCluster(registryB), other, upstream);
    assertTrue(a.narInfo(SAMPLE).isPresent());
    assertTrue(b.narInfo(SAMPLE).isPresent());
    upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(HALF, gate), 1);
  }

  private int gets() {
    return upstream.requests().count("GET", SAMPLE.narTarget())
        + other.requests().count("GET", SAMPLE.narTarget());
  }

  private static List<Outcome> distinct(List<Reading> readings) {
    return Reading.outcomes(readings).stream().distinct().toList();
  }

  private static byte[] start(Node node, NarFileName name) throws IOException {
    NarSource source = node.nars().find(name).orElseThrow();
    try (source;
        InputStream in = source.open(0)) {
      return in.readNBytes(START);
    }
  }

  private static byte[] expectedStart(NarFileName name) {
    return Arrays.copyOf(SAMPLE.bytes(name, 0), START);
  }

  @ParameterizedTest
  @EnumSource
  void aNarIsFetchedOnceForAllReplicas(CdcMode mode) throws IOException {
    open(mode);
    Reading first = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);

    assertArrayEquals(expectedStart(SAMPLE.narName()), start(b, SAMPLE.narName()));
    assertFalse(a.isStored(SAMPLE), "the follower must read before the NAR is stored");
    List<Reading> readings = new ArrayList<>(List.of(first));
    for (int i = 0; i < 16; i++) {
      Node node = i % 2 == 0 ? a : b;
      readings.add(Reading.start(node, SAMPLE, SAMPLE.narName(), i * SAMPLE.narBytes() / 16));
    }
    gate.open();

    assertEquals(List.of(Outcome.RIGHT), distinct(readings));
    a.awaitIdle();
    b.awaitIdle();
    assertEquals(1, gets());
    assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, SAMPLE.narName(), 0).outcome());
    assertEquals(List.of(), a.temporaryFiles());
  }

  /** A NAR of some repetitive text and some random bytes. */
  private static Sample similar(int seed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 20_000; i++) {
      text.append("line ").append(i * 7919 % 10_007).append(" of a file that two NARs share\n");
    }
    return Sample.of(
        "similar-" + seed,
        NarTree.directory(
                Map.of("a", NarTree.file(text.toString()), "b", NarTree.random(seed, 200_000)))
            .nar(),
        Compression.ZSTD);
  }

  @Test
  void aNarThatSharesChunksOfPacksThatWereCompressedAgainIsFollowed() throws IOException {
    open(CdcMode.EAGER);
    Sample stored = similar(1).publish(upstream);
    assertTrue(a.narInfo(stored).isPresent());
    assertEquals(Outcome.RIGHT, Reading.start(a, stored, stored.narName(), 0).outcome());
    a.awaitIdle();
    List<Path> before = a.blobFiles();
    a.chores().repack(19);
    assertNotEquals(before, a.blobFiles());
    Sample coming = similar(2).publish(upstream).publish(other);
    assertTrue(a.narInfo(coming).isPresent());
    assertTrue(b.narInfo(coming).isPresent());
    upstream.fail(coming.narTarget(), Fault.stallAfter(coming.fileBytes() / 2, gate), 1);

    Reading first = Reading.start(a, coming, coming.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    byte[] head = Arrays.copyOf(coming.bytes(coming.narName(), 0), START);
    assertArrayEquals(head, start(b, coming.narName()));
    assertFalse(a.isStored(coming), "the follower must read groups before the NAR is stored");
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      readings.add(Reading.start(b, coming, coming.narName(), i * coming.narBytes() / 8));
    }
    gate.open();

    assertEquals(Outcome.RIGHT, first.outcome());
    assertEquals(List.of(Outcome.RIGHT), distinct(readings));
    a.awaitIdle();
    b.awaitIdle();
    assertEquals(
        1,
        upstream.requests().count("GET", coming.narTarget())
            + other.requests().count("GET", coming.narTarget()));
  }

  @Test
  void aCompressedFileIsFollowedInItsParts() throws IOException {
    open(CdcMode.OFF);
    Reading first = Reading.start(a, SAMPLE, SAMPLE.fileName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    assertArrayEquals(expectedStart(SAMPLE.fileName()), start(b, SAMPLE.fileName()));
    List<Reading> readings = Reading.startMany(b, SAMPLE, 8);
    gate.open();

    assertEquals(Outcome.RIGHT, first.outcome());
    assertEquals(List.of(Outcome.RIGHT), distinct(readings));
    assertEquals(1, gets());
  }

  @Test
  void aCompressedFileIsPassedThroughWhileAnotherReplicaChunksTheNar() throws IOException {
    open(CdcMode.EAGER);
    Reading first = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);

    assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, SAMPLE.fileName(), 0).outcome());
    assertFalse(a.isStored(SAMPLE));
    gate.open();
    assertEquals(Outcome.RIGHT, first.outcome());
  }

  @Test
  void aCompressedFileIsPassedThroughWhileThisReplicaFollowsTheChunks() throws IOException {
    open(CdcMode.EAGER);
    Reading first = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    NarSource followed = b.nars().find(SAMPLE.narName()).orElseThrow();
    try (followed;
        InputStream in = followed.open(0)) {
      assertArrayEquals(expectedStart(SAMPLE.narName()), in.readNBytes(START));

      assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, SAMPLE.fileName(), 0).outcome());

      assertFalse(a.isStored(SAMPLE));
      gate.open();
      assertArrayEquals(SAMPLE.bytes(SAMPLE.narName(), START), in.readAllBytes());
    }
    assertEquals(Outcome.RIGHT, first.outcome());
    assertEquals(2, gets());
  }

  @ParameterizedTest
  @EnumSource
  void readersGoOnWhenTheReplicaThatFetchesIsLost(CdcMode mode) throws IOException {
    open(mode);
    Reading lost = Reading.start(a, SAMPLE, SAMPLE.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    NarSource source = b.nars().find(SAMPLE.narName()).orElseThrow();
    try (source;
        InputStream in = source.open(0)) {
      assertArrayEquals(expectedStart(SAMPLE.narName()), in.readNBytes(START));
      assertEquals(1, gets());
      registryA.close();
      assertArrayEquals(SAMPLE.bytes(SAMPLE.narName(), START), in.readAllBytes());
    }
    assertEquals(2, gets());
    gate.open();
    assertEquals(Outcome.RIGHT, lost.outcome());
  }

  @ParameterizedTest
  @EnumSource
  void bytesOfALostReplicaThatDifferAreNeverCompleted(CdcMode mode) throws IOException {
    Sample plain = Sample.of(72, Compression.NONE);
    plain.publish(upstream);
    plain.publish(other);
    open(mode);
    assertTrue(b.narInfo(plain).isPresent());
    byte[] wrong = plain.bytes(plain.narName(), 0);
    wrong[START / 2] ^= 1;
    upstream.put(plain.narTarget(), wrong);
    upstream.fail(plain.narTarget(), Fault.stallAfter(plain.narBytes() / 2, gate), 1);
    Reading lost = Reading.start(a, plain, plain.narName(), 0);
    gate.awaitArrivals(1, PATIENCE);
    NarSource source = b.nars().find(plain.narName()).orElseThrow();
    try (source;
        InputStream in = source.open(0)) {
      assertArrayEquals(Arrays.copyOf(wrong, START), in.readNBytes(START));
      registryA.close();
      assertThrows(IOException.class, in::readAllBytes);
    }
    gate.open();
    assertEquals(Outcome.FAILED, lost.outcome());
    assertEquals(Outcome.RIGHT, Reading.start(b, plain, plain.narName(), 0).outcome());
  }

  @ParameterizedTest
  @EnumSource
  void anUploadIsReadElsewhereWhileItComesIn(CdcMode mode) throws Exception {
    open(mode);
    Sample unknown = Sample.of(73, Compression.XZ);
    byte[] file = unknown.bytes(unknown.fileName(), 0);
    int half = file.length / 2;
    try (PipedOutputStream out = new PipedOutputStream()) {
      PipedInputStream body = new PipedInputStream(out, 1 << 20);
      CompletableFuture<Stored> stored = upload(unknown, body);
      out.write(file, 0, half);
      out.flush();
      awaitFlight(unknown);
      byte[] expected = Arrays.copyOf(unknown.bytes(unknown.narName(), 0), START);
      assertArrayEquals(expected, start(b, unknown.narName()));
      assertFalse(a.isStored(unknown));
      Reading reading = Reading.start(b, unknown, unknown.narName(), 1);
      out.write(file, half, file.length - half);
      out.close();
      assertEquals(Stored.NEW, stored.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      assertEquals(Outcome.RIGHT, reading.outcome());
    }
    assertEquals(Outcome.RIGHT, Reading.start(b, unknown, unknown.narName(), 0).outcome());
    a.narUpload().store(unknown.fileName(), OptionalLong.empty(), new ByteArrayInputStream(file));
  }

  @Test
  void anUploadIsReadElsewhereAlthoughARequestIsSearchingForTheFile() throws Exception {
    open(CdcMode.EAGER);
    Sample unknown = Sample.of(75, Compression.XZ);
    byte[] file = unknown.bytes(unknown.fileName(), 0);
    Gate late = new Gate();
    String stem = unknown.fileName().stem();
    upstream.fail(
        request -> request.target().contains(stem),
        Fault.stallBeforeHeaders(late),
        Integer.MAX_VALUE);
    CompletableFuture<Optional<NarSource>> early =
        CompletableFuture.supplyAsync(() -> find(a, unknown.narName()));
    late.awaitArrivals(1, PATIENCE);
    try (PipedOutputStream out = new PipedOutputStream()) {
      CompletableFuture<Stored> stored = upload(unknown, new PipedInputStream(out, 1 << 20));
      out.write(file, 0, file.length / 2);
      out.flush();
      awaitFlight(unknown);
      byte[] expected = Arrays.copyOf(unknown.bytes(unknown.narName(), 0), START);
      assertArrayEquals(expected, start(b, unknown.narName()));
      assertArrayEquals(expected, start(a, unknown.narName()));

      late.open();
      early.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertArrayEquals(expected, start(b, unknown.narName()));
      out.write(file, file.length / 2, file.length - file.length / 2);
      out.close();
      assertEquals(Stored.NEW, stored.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
  }

  private static Optional<NarSource> find(Node node, NarFileName name) {
    try {
      return node.nars().find(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  void anUploadThatBreaksBreaksItsReadersElsewhere(CdcMode mode) throws Exception {
    open(mode);
    Sample unknown = Sample.of(74, Compression.XZ);
    byte[] file = unknown.bytes(unknown.fileName(), 0);
    try (PipedOutputStream out = new PipedOutputStream()) {
      PipedInputStream body = new PipedInputStream(out, 1 << 20);
      CompletableFuture<Stored> stored = upload(unknown, body);
      out.write(file, 0, file.length / 2);
      out.flush();
      awaitFlight(unknown);
      NarSource source = b.nars().find(unknown.narName()).orElseThrow();
      try (source;
          InputStream in = source.open(0)) {
        assertEquals(START, in.readNBytes(START).length);
        out.close();
        assertThrows(IOException.class, in::readAllBytes);
      }
      assertThrows(
          ExecutionException.class, () -> stored.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
    assertFalse(b.isStored(unknown));
    assertEquals(Outcome.ABSENT, Reading.start(b, unknown, unknown.narName(), 0).outcome());
  }

  private CompletableFuture<Stored> upload(Sample sample, InputStream body) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return a.narUpload().store(sample.fileName(), OptionalLong.empty(), body);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  private void awaitFlight(Sample sample) throws InterruptedException {
    String flight = new Flight.ByFile(sample.fileName().stem()).name();
    Semaphore changes = new Semaphore(1);
    try (var watch = registryA.watch(flight, changes::release)) {
      do {
        assertTrue(changes.tryAcquire(PATIENCE.toSeconds(), TimeUnit.SECONDS));
      } while (registryA.find(flight).filter(f -> f.content() != null).isEmpty());
    }
  }
}
