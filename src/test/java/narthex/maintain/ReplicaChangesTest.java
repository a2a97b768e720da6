package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.db.NarInfoRow;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.serve.NarSource;
import narthex.serve.Sighting;
import narthex.staging.FaultyRegistry;
import narthex.staging.FaultyRegistry.Fault;
import narthex.staging.LocalRegistry;
import narthex.testing.FaultyUpstream;
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

/** Two replicas over one database: what one changes, the other doesn't serve from its memory. */
class ReplicaChangesTest {
  private static final Sample SAMPLE = Sample.of(91, Compression.XZ);
  private static final Duration LONG = Duration.ofDays(1);

  @TempDir Path folder;
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final FaultyRegistry registryA = new FaultyRegistry(new LocalRegistry(board, "a"));
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Node a;
  private Node b;

  @AfterEach
  void close() throws IOException {
    a.close();
    b.close();
    upstream.close();
  }

  @BeforeEach
  void open() throws IOException {
    open(CdcMode.OFF, LONG);
  }

  private void reopen(CdcMode mode, Duration memoryTtl) throws IOException {
    a.close();
    b.close();
    open(mode, memoryTtl);
  }

  private void open(CdcMode mode, Duration memoryTtl) throws IOException {
    Options options =
        Options.usual().in(mode).withMemory(1 << 20).withMemoryTtl(memoryTtl).withNegativeTtl(LONG);
    a = Node.open(folder, options.withCluster(registryA), upstream);
    b = Node.open(folder, options.withCluster(new LocalRegistry(board, "b")), upstream);
  }

  private void upload(Node node) throws IOException {
    node.narUpload()
        .store(
            SAMPLE.fileName(),
            OptionalLong.empty(),
            new ByteArrayInputStream(SAMPLE.bytes(SAMPLE.fileName(), 0)));
    node.narInfoUpload().store(SAMPLE.hash(), SAMPLE.narInfo().print());
    node.awaitIdle();
    b.awaitIdle(); // has forgotten what it knew
  }

  private static boolean isFound(Node node) throws IOException {
    Optional<NarSource> source = node.nars().find(SAMPLE.narName());
    if (source.isPresent()) {
      source.get().close();
    }
    return source.isPresent();
  }

  private static void read(Node node) {
    assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, SAMPLE.narName(), 0).outcome());
    node.awaitIdle();
  }

  @Test
  void aNarInfoUploadedOnOneReplicaIsFoundOnAnotherThatAnsweredAMiss() throws Exception {
    assertEquals(Optional.empty(), b.narInfo(SAMPLE));
    assertEquals(Optional.empty(), b.narInfo(SAMPLE));

    upload(a);

    assertTrue(b.narInfo(SAMPLE).isPresent());
    read(b);
  }

  @ParameterizedTest
  @EnumSource
  void aPathDeletedOnOneReplicaIsGoneOnTheOther(CdcMode mode) throws Exception {
    reopen(mode, LONG);
    upload(a);
    assertTrue(b.narInfo(SAMPLE).isPresent());
    read(b);

    a.chores().deletePath(SAMPLE);
    b.awaitIdle();

    assertEquals(Optional.empty(), b.narInfo(SAMPLE));
    assertFalse(isFound(b));
  }

  @Test
  void aNarInfoSaysOnEveryReplicaWhatTheBackgroundJobOfOneHasStored() throws Exception {
    reopen(CdcMode.LAZY, LONG);
    upload(a);
    assertEquals(Compression.XZ, compression(b));

    a.chores().chunk();
    b.awaitIdle();

    assertEquals(Compression.NONE, compression(b));
    assertEquals(Compression.NONE, compression(a));
  }

  @Test
  void aNameThatTurnsOutToBeTheHashOfANarMeansThisNarOnEveryReplica() throws Exception {
    NarFileName name = new NarFileName(SAMPLE.id().hash().nix32(), Compression.NONE);
    NarInfo wrong = Sample.of(92, Compression.XZ).narInfo();
    a.database().storeNarInfo(new NarInfoRow(wrong, "http://upstream", name.stem(), Instant.EPOCH));
    assertNotEquals(Sighting.Place.STORED, a.nars().look(name).place());
    assertNotEquals(Sighting.Place.STORED, b.nars().look(name).place());

    a.narUpload()
        .store(
            SAMPLE.fileName(),
            OptionalLong.empty(),
            new ByteArrayInputStream(SAMPLE.bytes(SAMPLE.fileName(), 0)));
    a.awaitIdle();
    b.awaitIdle();

    assertEquals(Outcome.RIGHT, Reading.start(a, SAMPLE, name, 0).outcome());
    assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, name, 0).outcome());
  }

  @Test
  void aNameThatTurnsOutToBeTheHashOfAFileMeansItsNarOnEveryReplica() throws Exception {
    NarFileName name = SAMPLE.fileName();
    NarInfo wrong = Sample.of(92, Compression.XZ).narInfo();
    a.database().storeNarInfo(new NarInfoRow(wrong, "http://upstream", name.stem(), Instant.EPOCH));
    assertNotEquals(Sighting.Place.STORED, a.nars().look(name).place());
    assertNotEquals(Sighting.Place.STORED, b.nars().look(name).place());

    upload(a);

    assertEquals(Outcome.RIGHT, Reading.start(a, SAMPLE, name, 0).outcome());
    assertEquals(Outcome.RIGHT, Reading.start(b, SAMPLE, name, 0).outcome());
  }

  @Test
  void noReplicaAdvertisesANameThatTurnsOutToBeTheHashOfAnotherFile() throws Exception {
    String wrong = "nar/" + SAMPLE.fileName().print();
    Sample other =
        Sample.of(92, Compression.XZ)
            .saying(file -> new NarFile(wrong, file.compression(), null, null))
            .publish(upstream);
    assertEquals(List.of(wrong, wrong), List.of(url(a, other), url(b, other)));

    upload(a);

    String own = "nar/" + other.id().hash().nix32() + ".nar.xz";
    assertEquals(List.of(own, own), List.of(url(a, other), url(b, other)));
  }

  private static String url(Node node, Sample sample) throws IOException {
    return node.narInfo(sample).orElseThrow().file().url();
  }

  private static Compression compression(Node node) throws IOException {
    return node.narInfo(SAMPLE).map(NarInfo::file).orElseThrow().compression();
  }

  @Test
  void aReplicaThatJoinsMakesTheOthersForget() throws Exception {
    upload(a);
    assertTrue(b.narInfo(SAMPLE).isPresent());
    registryA.begin(Fault.DROPS_EVENTS);
    a.chores().deletePath(SAMPLE);
    b.awaitIdle();
    assertTrue(b.narInfo(SAMPLE).isPresent(), "the announcement must be lost");

    try (LocalRegistry third = new LocalRegistry(board, "c")) {
      assertEquals(3, third.members().size());
    }
    b.awaitIdle();

    assertEquals(Optional.empty(), b.narInfo(SAMPLE));
  }

  @Test
  void theMemoryTtlBoundsWhatALostAnnouncementLeaves() throws Exception {
    reopen(CdcMode.EAGER, Duration.ZERO);
    upload(a);
    assertTrue(b.narInfo(SAMPLE).isPresent());
    read(b);
    registryA.begin(Fault.DROPS_EVENTS);

    a.chores().deletePath(SAMPLE);

    assertEquals(Optional.empty(), b.narInfo(SAMPLE));
    assertFalse(isFound(b));
  }

  @Test
  void aRegistryThatFailsChangesNothingForClients() throws Exception {
    upload(a);
    registryA.begin(Fault.THROWS);

    a.chores().deletePath(SAMPLE);

    assertEquals(Optional.empty(), a.narInfo(SAMPLE));
  }

  @Test
  void anUnknownAnnouncementIsIgnored() throws Exception {

    List.of("", "nar:", "nar:x", "narinfo:x", "else").forEach(registryA::announce);
    b.awaitIdle();

    upload(a);
    assertTrue(b.narInfo(SAMPLE).isPresent());
  }
}
