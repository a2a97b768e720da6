package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import narthex.blob.BlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.serve.Advertising;
import narthex.serve.NarSource;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.NodeChores;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** NARs that are stored as whole files and cut into chunks in the background. */
class LazyChunkingTest {
  private static final Sample XZ = Sample.of(71, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  @AfterEach
  void close() {
    upstream.close();
  }

  private Node open(CdcMode mode, Advertising.Chunked as, UnaryOperator<BlobStore> blobs)
      throws IOException {
    Node.Options options = Node.Options.usual().in(mode).withChunked(as).withBlobs(blobs);
    return Node.open(folder, options.withMemory(1 << 20).withClock(() -> now), upstream);
  }

  private Node open(CdcMode mode) throws IOException {
    return open(mode, Advertising.Chunked.AS_NONE, UnaryOperator.identity());
  }

  private Node lazy() throws IOException {
    return open(CdcMode.LAZY);
  }

  private static NarFile told(Node node, Sample sample) throws IOException {
    NarInfo told = node.narInfo(sample).orElseThrow();
    assertTrue(told.isSignedBy(List.of(Sample.KEY.publicKey())));
    assertTrue(told.isSignedBy(List.of(Node.KEY.publicKey())));
    return told.file();
  }

  private static NarFile none(Sample sample) {
    return new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null);
  }

  private static void assertRead(Node node, Sample sample, NarFileName name) {
    assertEquals(Outcome.RIGHT, Reading.start(node, sample, name, 0).outcome());
    node.awaitIdle();
  }

  /** Publishes the sample upstream and fetches its file. */
  private void fetch(Node node, Sample sample) throws IOException {
    sample.publish(upstream);
    told(node, sample);
    assertRead(node, sample, sample.fileName());
  }

  private static List<Form> forms(Node node, Sample sample) throws IOException {
    return node.database().findNar(sample.id().hash()).stream()
        .flatMap(nar -> nar.representations().stream())
        .map(Representation::form)
        .toList();
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"GZIP"},
      mode = EnumSource.Mode.EXCLUDE)
  void theNarInfoSaysWhatIsStoredUntilTheChunksAreAndNoneFromThenOn(Compression compression)
      throws IOException {
    Sample sample = Sample.of(72, compression).publish(upstream);
    try (Node node = lazy()) {
      assertEquals(sample.narInfo().file(), told(node, sample));
      assertRead(node, sample, sample.fileName());
      assertEquals(sample.narInfo().file(), told(node, sample));

      node.chores().chunk();

      assertEquals(none(sample), told(node, sample));
      assertEquals(List.of(Form.WHOLE, Form.CHUNKED), forms(node, sample));
      upstream.goDown();
      assertRead(node, sample, sample.narName());
      assertRead(node, sample, sample.fileName());
    }
  }

  @Test
  void manyNarsAreChunkedInOneRunAndShareWhatIsTheSame() throws IOException {
    try (Node node = lazy()) {
      List<Sample> samples =
          List.of(XZ, Sample.of(73, Compression.ZSTD), Sample.of(74, Compression.NONE));
      for (Sample sample : samples) {
        fetch(node, sample);
      }
      assertEquals(3, node.chores().waiting());

      node.chores().chunk();

      assertEquals(0, node.chores().waiting());
      assertFalse(node.chores().chunk(XZ), "there is nothing more to do");
      for (Sample sample : samples) {
        assertEquals(none(sample), told(node, sample));
        assertRead(node, sample, sample.narName());
      }
    }
  }

  @Test
  void theFileGoesAfterTheDelayAndItsNameIsPassedThroughThen() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      node.chores().chunk();
      now = now.plus(NodeChores.DELETE_DELAY).minusMillis(1);
      node.chores().delete();
      assertEquals(List.of(Form.WHOLE, Form.CHUNKED), forms(node, XZ));

      now = now.plusMillis(1);
      node.chores().delete();

      assertEquals(List.of(Form.CHUNKED), forms(node, XZ));
      assertTrue(node.blobFiles().stream().anyMatch(file -> file.toString().contains("/nar/")));
      now = now.plus(GarbageTable.GRACE);
      node.chores().delete();
      assertTrue(node.blobFiles().stream().noneMatch(file -> file.toString().contains("/nar/")));
      int before = upstream.requests().count("GET", XZ.narTarget());
      assertRead(node, XZ, XZ.narName());
      assertEquals(before, upstream.requests().count("GET", XZ.narTarget()));
      assertRead(node, XZ, XZ.fileName());
      assertEquals(before + 1, upstream.requests().count("GET", XZ.narTarget()));
      assertEquals(List.of(Form.CHUNKED), forms(node, XZ));
    }
  }

  @Test
  void whoReadsTheFileWhenItIsDeletedReadsOn() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      node.chores().chunk();
      NarSource source = node.nars().find(XZ.fileName()).orElseThrow();
      try (InputStream in = source.open(0)) {
        byte[] start = in.readNBytes(1000);
        now = now.plus(NodeChores.DELETE_DELAY);
        node.chores().delete();
        now = now.plus(GarbageTable.GRACE);
        node.chores().delete();
        assertTrue(node.blobFiles().stream().noneMatch(file -> file.toString().contains("/nar/")));

        assertEquals(XZ.fileBytes(), start.length + in.readAllBytes().length);
      }
    }
  }

  @Test
  void whatWasStoredWholeInAnotherModeIsChunkedInEagerToo() throws IOException {
    try (Node node = open(CdcMode.OFF)) {
      fetch(node, XZ);
    }
    upstream.goDown();
    try (Node node = open(CdcMode.EAGER)) {
      assertEquals(none(XZ), told(node, XZ));
      node.chores().chunk();
      now = now.plus(NodeChores.DELETE_DELAY);
      node.chores().delete();

      assertEquals(List.of(Form.CHUNKED), forms(node, XZ));
      assertRead(node, XZ, XZ.narName());
    }
    try (Node node = open(CdcMode.OFF)) {
      assertEquals(none(XZ), told(node, XZ));
      assertRead(node, XZ, XZ.narName());
    }
  }

  @Test
  void aDamagedFileIsDroppedAndFetchedAgain() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      Path file = node.blobFiles().get(0);
      byte[] bytes = Files.readAllBytes(file);
      bytes[bytes.length / 2] ^= 1;
      Files.write(file, bytes);

      node.chores().chunk();

      assertEquals(List.of(), forms(node, XZ));
      node.chores().collect();
      assertEquals(List.of(), node.blobFiles());
      assertEquals(List.of(), node.temporaryFiles());
      assertRead(node, XZ, XZ.fileName());
      node.chores().chunk();
      assertEquals(List.of(Form.WHOLE, Form.CHUNKED), forms(node, XZ));
    }
  }

  @Test
  void aLostFileIsDroppedAndFetchedAgain() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      Files.delete(node.blobFiles().get(0));

      node.chores().chunk();

      assertEquals(List.of(), forms(node, XZ));
      assertRead(node, XZ, XZ.fileName());
    }
  }

  @Test
  void aNarThatIsDeletedStaysDeleted() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      node.database().deleteNarInfo(XZ.hash());
      node.database().garbage().deleteUnnamedNar(XZ.id().hash(), Instant.MAX, now);

      assertFalse(node.chores().chunk(XZ));
      assertEquals(List.of(), forms(node, XZ));
    }
  }

  @Test
  void troubleOfTheStorageLeavesNothingAndIsTriedAgain() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
    }
    for (FaultyBlobStore.Step step :
        EnumSet.complementOf(EnumSet.of(FaultyBlobStore.Step.DELETE, FaultyBlobStore.Step.LIST))) {
      assertTroubleLeavesNothing(faulty -> faulty.fail(step), step.toString());
    }
    assertTroubleLeavesNothing(faulty -> faulty.failWritesAfter(30_000), "write");
    try (Node node = lazy()) {
      node.chores().chunk();
      assertEquals(List.of(Form.WHOLE, Form.CHUNKED), forms(node, XZ));
      assertRead(node, XZ, XZ.narName());
    }
  }

  private void assertTroubleLeavesNothing(Consumer<FaultyBlobStore> trouble, String what)
      throws IOException {
    AtomicReference<FaultyBlobStore> faulty = new AtomicReference<>();
    UnaryOperator<BlobStore> around =
        blobs -> {
          faulty.set(new FaultyBlobStore(blobs));
          return faulty.get();
        };
    try (Node node = open(CdcMode.LAZY, Advertising.Chunked.AS_NONE, around)) {
      trouble.accept(faulty.get());
      assertThrows(IOException.class, () -> node.chores().chunk(XZ), what);
      assertEquals(List.of(Form.WHOLE), forms(node, XZ), what);
      assertEquals(1, node.blobFiles().size(), what);
      assertEquals(List.of(), node.temporaryFiles(), what);
    }
  }

  @Test
  void anInterruptedJobLeavesNothingAndIsDoneTheNextTime() throws IOException {
    try (Node node = lazy()) {
      fetch(node, XZ);
      Thread.currentThread().interrupt();
      try {
        assertThrows(IOException.class, () -> node.chores().chunk(XZ));
      } finally {
        assertTrue(Thread.interrupted());
      }
      assertEquals(List.of(Form.WHOLE), forms(node, XZ));
      assertEquals(1, node.blobFiles().size());
      assertEquals(List.of(), node.temporaryFiles());
    }
    try (Node node = lazy()) {
      assertTrue(node.chores().chunk(XZ));
      assertRead(node, XZ, XZ.narName());
    }
  }

  @Test
  void zstdIsAdvertisedOnceItsHashIsKnownAndIsWhatIsServed() throws Exception {
    try (Node node = open(CdcMode.LAZY, Advertising.Chunked.AS_ZSTD, UnaryOperator.identity())) {
      fetch(node, XZ);
      assertEquals(XZ.narInfo().file(), told(node, XZ));
      node.chores().chunk();
      assertEquals(none(XZ), told(node, XZ));

      node.chores().hash();

      NarFile file = told(node, XZ);
      NarFileName name = NarFileName.parse(file.url().substring("nar/".length()));
      assertEquals(Compression.ZSTD, file.compression());
      try (NarSource source = node.nars().find(name).orElseThrow();
          InputStream in = source.open(0)) {
        byte[] bytes = in.readAllBytes();
        assertEquals(Long.valueOf(bytes.length), file.sizeBytes());
        Sha256 hash = NarFixture.of("x", bytes, Compression.NONE).fileHash();
        assertEquals(hash, file.hash());
        assertEquals(hash.nix32(), name.stem());
        assertEquals(hash.nix32(), source.entityTag().orElseThrow());
      }
      assertFalse(node.chores().hash(XZ), "there is nothing more to do");
    }
    try (Node node = lazy()) {
      assertEquals(none(XZ), told(node, XZ));
    }
  }

  @Test
  void eagerAdvertisesZstdOnlyOnceItIsTrue() throws IOException {
    XZ.publish(upstream);
    try (Node node = open(CdcMode.EAGER, Advertising.Chunked.AS_ZSTD, UnaryOperator.identity())) {
      assertEquals(none(XZ), told(node, XZ));
      assertRead(node, XZ, XZ.narName());
      assertEquals(none(XZ), told(node, XZ));
      node.chores().hash();
      assertEquals(Compression.ZSTD, told(node, XZ).compression());
    }
  }

  @Test
  void aZstdFileOfAnUpstreamIsNeverTakenForTheFrames() throws IOException {
    Sample sample = Sample.of(75, Compression.ZSTD);
    try (Node node = open(CdcMode.LAZY, Advertising.Chunked.AS_ZSTD, UnaryOperator.identity())) {
      fetch(node, sample);
      node.chores().chunk();
      node.chores().hash();
      assertEquals(none(sample), told(node, sample), "the file is what is served as zstd");

      now = now.plus(NodeChores.DELETE_DELAY);
      node.chores().delete();

      NarFile file = told(node, sample);
      assertNotEquals(sample.narInfo().file().hash(), file.hash());
      String own = Objects.requireNonNull(file.hash()).nix32();
      assertEquals("nar/" + own + ".nar.zst", file.url());
    }
  }

  @Test
  void lostChunksAreFoundWhenTheyAreHashed() throws IOException {
    try (Node node = open(CdcMode.EAGER, Advertising.Chunked.AS_ZSTD, UnaryOperator.identity())) {
      XZ.publish(upstream);
      told(node, XZ);
      assertRead(node, XZ, XZ.narName());
      Files.delete(node.blobFiles().get(0));

      node.chores().hash();

      assertEquals(List.of(), forms(node, XZ));
      assertRead(node, XZ, XZ.narName());
      node.chores().hash();
      assertEquals(Compression.ZSTD, told(node, XZ).compression());
    }
  }
}
