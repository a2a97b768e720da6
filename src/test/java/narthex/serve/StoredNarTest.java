package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.blob.FaultyBlobStore.Step;
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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stored, lost, damaged and unreadable NARs, and what a killed server leaves. */
class StoredNarTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Sample SAMPLE = Sample.of(21, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final AtomicReference<FaultyBlobStore> faulty = new AtomicReference<>();

  @BeforeEach
  void publish() {
    SAMPLE.publish(upstream);
  }

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node openFaulty() throws IOException {
    UnaryOperator<BlobStore> around =
        store -> {
          FaultyBlobStore wrapped = new FaultyBlobStore(store);
          faulty.set(wrapped);
          return wrapped;
        };
    // A late reader of the first ones may read what is stored already; it must not stay in memory.
    Node.Options options = Node.Options.usual().withBlobs(around).withMemoryTtl(Duration.ZERO);
    Node node = Node.open(folder, options, upstream);
    assertTrue(node.narInfo(SAMPLE).isPresent());
    return node;
  }

  private FaultyBlobStore blobs() {
    return Objects.requireNonNull(faulty.get());
  }

  private static void assertReadings(Outcome expected, Node node) {
    List<Outcome> outcomes = Reading.outcomes(Reading.startMany(node, SAMPLE, 8));
    assertEquals(List.of(expected), outcomes.stream().distinct().toList());
  }

  private void storeIn(Node node) throws IOException {
    assertReadings(Outcome.RIGHT, node);
    node.awaitIdle();
    assertTrue(node.isStored(SAMPLE));
    upstream.requests().clear();
  }

  private void assertFetchedAgain(Node node) throws IOException {
    assertReadings(Outcome.RIGHT, node);
    node.awaitIdle();
    assertTrue(node.isStored(SAMPLE));
    node.chores().collect();
    assertEquals(1, node.blobFiles().size());
    assertEquals(List.of(), node.temporaryFiles());
    assertEquals(1, upstream.requests().count("GET", SAMPLE.narTarget()));
  }

  @Test
  void aStoredNarNeedsNoUpstream() throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
    }
    upstream.goDown();
    try (Node node = openFaulty()) {
      assertReadings(Outcome.RIGHT, node);
    }
  }

  @Test
  void aLostBlobIsFetchedAgain() throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      Files.delete(node.blobFiles().get(0));

      assertFetchedAgain(node);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1000})
  void aTruncatedBlobIsFetchedAgain(int length) throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      Path blob = node.blobFiles().get(0);
      Files.write(blob, Arrays.copyOf(Files.readAllBytes(blob), length));

      assertFetchedAgain(node);
    }
  }

  @Test
  void aLostBlobOfALostUpstreamIsAFailureThatHeals() throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      Files.delete(node.blobFiles().get(0));
      upstream.goDown();

      assertReadings(Outcome.FAILED, node);
      assertFalse(node.isStored(SAMPLE));

      upstream.comeUp();
      assertFetchedAgain(node);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Step.class,
      names = {"FIND", "OPEN"})
  void anErrorOfTheStorageIsNoAbsence(Step step) throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      blobs().fail(step);

      assertReadings(Outcome.FAILED, node);

      assertTrue(node.isStored(SAMPLE));
      assertEquals(1, node.blobFiles().size());
      assertEquals(0, upstream.requests().count("GET", SAMPLE.narTarget()));
      blobs().heal();
      assertReadings(Outcome.RIGHT, node);
      assertEquals(0, upstream.requests().count("GET", SAMPLE.narTarget()));
    }
  }

  @Test
  void aVanishedBlobFolderIsNoAbsence() throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      Path blobFolder = folder.resolve("store").resolve("blobs");
      Path elsewhere = folder.resolve("unmounted");
      Files.move(blobFolder, elsewhere);

      assertReadings(Outcome.FAILED, node);
      assertTrue(node.isStored(SAMPLE));

      Files.move(elsewhere, blobFolder);
      assertReadings(Outcome.RIGHT, node);
      assertEquals(0, upstream.requests().count("GET", SAMPLE.narTarget()));
    }
  }

  @Test
  void aStoredFileThatCannotBeReadToItsEndIsNeverSentAsTheWhole() throws IOException {
    try (Node node = openFaulty()) {
      storeIn(node);
      Path blob = node.blobFiles().get(0);
      Path root = folder.resolve("store").resolve("blobs");
      blobs().breakReadsAt(root.relativize(blob).toString(), SAMPLE.fileBytes() - 1L);

      assertReadings(Outcome.FAILED, node);
      assertTrue(node.isStored(SAMPLE));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 30_000})
  void aFullDiskFailsEveryReaderAndHeals(long room) throws IOException {
    try (Node node = openFaulty()) {
      blobs().failWritesAfter(room);

      assertReadings(Outcome.FAILED, node);
      assertNothingKept(node);

      blobs().heal();
      upstream.requests().clear();
      assertFetchedAgain(node);
    }
  }

  @Test
  void aStorageThatTakesNothingFailsEveryReaderAndHeals() throws IOException {
    try (Node node = openFaulty()) {
      blobs().fail(Step.CREATE);

      assertReadings(Outcome.FAILED, node);
      assertNothingKept(node);

      blobs().heal();
      upstream.requests().clear();
      assertFetchedAgain(node);
    }
  }

  @Test
  void aCommitThatFailsStoresNothing() throws IOException {
    try (Node node = openFaulty()) {
      blobs().fail(Step.COMMIT, 1);

      Outcome outcome = Reading.start(node, SAMPLE, SAMPLE.fileName(), 0).outcome();

      assertNotEquals(
          Outcome.ABSENT, outcome); // every byte was correct, so the response may end normally
      assertNothingKept(node);
      upstream.requests().clear();
      assertFetchedAgain(node);
    }
  }

  private static void assertNothingKept(Node node) throws IOException {
    node.awaitIdle();
    assertFalse(node.isStored(SAMPLE));
    assertEquals(List.of(), node.blobFiles());
    assertEquals(List.of(), node.temporaryFiles());
  }

  @Test
  void aKillAmidADownloadLeavesNothingWrong() throws IOException {
    Gate gate = new Gate();
    Path killed = folder.resolve("killed");
    try (Node node = Node.open(folder.resolve("living"), upstream)) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
      upstream.fail(SAMPLE.narTarget(), Fault.stallAfter(30_000, gate));
      Reading reading = Reading.start(node, SAMPLE, SAMPLE.fileName(), 0);
      gate.awaitArrivals(1, PATIENCE);
      try (InputStream in = node.nars().find(SAMPLE.fileName()).orElseThrow().open(0)) {
        assertEquals(1, in.readNBytes(1).length);
      }
      assertEquals(1, node.temporaryFiles().size());
      copy(folder.resolve("living"), killed);
      gate.open();
      assertEquals(Outcome.RIGHT, reading.outcome());
    }
    upstream.heal();
    upstream.requests().clear();

    try (Node node = Node.open(killed, upstream)) {
      assertNothingKept(node);
      assertTrue(node.narInfo(SAMPLE).isPresent());
      assertFetchedAgain(node);
    }
  }

  @ParameterizedTest
  @EnumSource(Moment.class)
  void aKillAboutTheCommitLosesNothingThatIsStored(Moment moment) throws IOException {
    Path living = folder.resolve("living");
    Path killed = folder.resolve("killed");
    UnaryOperator<BlobStore> around =
        store -> new FaultyBlobStore(new Snapshot(store, moment, () -> copy(living, killed)));
    try (Node node = Node.open(living, Node.Options.usual().withBlobs(around), upstream)) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
      assertReadings(Outcome.RIGHT, node);
      node.awaitIdle();
      if (moment == Moment.AFTER_THE_ROW) {
        copy(living, killed);
      }
    }
    upstream.requests().clear();

    try (Node node = Node.open(killed, upstream)) {
      assertEquals(List.of(), node.temporaryFiles());
      assertEquals(moment == Moment.AFTER_THE_ROW, node.isStored(SAMPLE));
      assertReadings(Outcome.RIGHT, node);
      node.awaitIdle();
      assertTrue(node.isStored(SAMPLE));
      int gets = upstream.requests().count("GET", SAMPLE.narTarget());
      assertEquals(moment == Moment.AFTER_THE_ROW ? 0 : 1, gets);
    }
  }

  @Test
  void aKillAfterTheNarInfoWasAnsweredKeepsIt() throws IOException {
    Path living = folder.resolve("living");
    Path killed = folder.resolve("killed");
    try (Node node = Node.open(living, upstream)) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
      copy(living, killed);
    }
    upstream.goDown();
    try (Node node = Node.open(killed, upstream)) {
      assertTrue(node.narInfo(SAMPLE).isPresent());
      assertThrows(IOException.class, () -> node.nars().find(SAMPLE.fileName()));
    }
  }

  /** The moment at which a server is killed. */
  enum Moment {
    BEFORE_THE_BLOB,
    BETWEEN_BLOB_AND_ROW,
    AFTER_THE_ROW
  }

  /**
   * Renames temporary files, which contain the name of the process that owns them, to belong to
   * another process.
   */
  private static String ofAnotherServer(Path relative) {
    return relative.toString().replaceFirst("^(store/tmp/)[0-9]+-[0-9]+", "$11-1");
  }

  private static void copy(Path from, Path to) {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Files.copy(path, to.resolve(ofAnotherServer(from.relativize(path))));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
