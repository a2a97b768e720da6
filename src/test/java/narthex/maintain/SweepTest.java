package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.blob.MemoryBlobStore;
import narthex.chunk.ChunkStore;
import narthex.db.Database;
import narthex.db.DatabaseSettings;
import narthex.db.NarInfoRow;
import narthex.ingest.CdcMode;
import narthex.ingest.NarIngest;
import narthex.ingest.NarUpload;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {
  private static final long DECODER_BYTES = 256 << 20;
  private static final Duration GRACE = Duration.ofHours(24);

  private final ExecutorService verifiers = Executors.newCachedThreadPool();
  private final MemoryBlobStore blobs = new MemoryBlobStore();
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private Database database;
  private NarUpload upload;
  private Chores chores;

  @BeforeEach
  void open(@TempDir Path folder) throws IOException {
    database =
        Database.open(
            new DatabaseSettings("jdbc:sqlite:" + folder.resolve("x.db"), null, null, null));
    StoredNars stored = new StoredNars(blobs, database, () -> now);
    ChunkStore chunks = StoredChunks.ofUsualSizes(blobs, database, verifiers);
    NarIngest ingest =
        new NarIngest(
            stored,
            new ChunkedNars(chunks, database, stored, () -> now),
            blobs,
            verifiers,
            new DecoderBudget(DECODER_BYTES));
    upload = new NarUpload(ingest, database, 1 << 20, CdcMode.OFF);
    Deletion deletion = new Deletion(database, stored, () -> now);
    chores =
        new Chores(
            List.of(
                new SweepNars(database, deletion, GRACE, () -> now),
                new DeleteGarbage(database, blobs, () -> now)),
            Runnable::run,
            1,
            () -> now);
    stored.addListeners(chores);
  }

  @AfterEach
  void close() {
    verifiers.shutdownNow();
    database.close();
  }

  private NarFixture put(int seed) throws IOException {
    NarFixture fixture = NarFixture.of("swept-" + seed, NarTree.mixed(seed, 5_000), Compression.XZ);
    put(fixture);
    return fixture;
  }

  private void put(NarFixture fixture) throws IOException {
    upload.store(
        new NarFileName(fixture.fileHash().nix32(), Compression.XZ),
        OptionalLong.empty(),
        new ByteArrayInputStream(fixture.file()));
  }

  private boolean isStored(NarFixture fixture) throws IOException {
    return database.findNar(fixture.id().hash()).isPresent();
  }

  @Test
  void whatNothingNamesIsSweptAfterTheGraceWithItsBytes() throws Exception {
    NarFixture fixture = put(1);
    now = now.plus(GRACE);
    chores.wake();
    assertTrue(isStored(fixture));
    assertEquals(1, blobs.keys().size());

    now = now.plus(Duration.ofHours(1));
    chores.wake();

    assertFalse(isStored(fixture));
    assertEquals(0, blobs.keys().size());
  }

  @Test
  void whatANarInfoNamesStays() throws Exception {
    NarFixture fixture = put(2);
    database.storeNarInfo(
        new NarInfoRow(
            fixture.narInfo(fixture.url()), null, fixture.fileHash().nix32(), Instant.EPOCH));
    now = now.plus(GRACE.multipliedBy(10));

    chores.wake();

    assertTrue(isStored(fixture));
    assertEquals(1, blobs.keys().size());
  }

  @Test
  void whatIsPutOnceMoreHasItsGraceAnew() throws Exception {
    NarFixture fixture = put(3);
    now = now.plus(GRACE);
    put(fixture);
    now = now.plus(GRACE);

    chores.wake();

    assertTrue(isStored(fixture));
    assertEquals(1, blobs.keys().size());
  }

  @Test
  void moreThanOneStatementTakesIsSweptInOneRun() throws Exception {
    for (int i = 0; i < 205; i++) {
      put(1000 + i);
    }
    now = now.plus(GRACE).plusMillis(1);

    chores.wake();

    assertEquals(0, blobs.keys().size());
  }
}
