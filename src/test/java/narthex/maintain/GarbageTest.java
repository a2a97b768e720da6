package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import narthex.blob.BlobSink;
import narthex.blob.FaultyBlobStore.Step;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.DocumentRow;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.document.DocumentIngest;
import narthex.ingest.CdcMode;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Finding and deleting blobs that no row refers to. */
class GarbageTest extends StoreFixture {
  private static final String STRAY = "pack/ab/left-by-a-kill";

  private Chores chores;

  @BeforeEach
  void open() {
    chores = newChores();
  }

  private Chores newChores() {
    return chores(
        new FindUnnamedBlobs(database, blobs, () -> now),
        new DeleteGarbage(database, blobs, () -> now));
  }

  private void keepListing() throws IOException {
    new DocumentIngest(blobs, database, () -> now)
        .keep(
            DocumentName.listing(StorePathHash.parse("0".repeat(32))),
            new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8)),
            null);
  }

  private void write(String key) throws IOException {
    try (BlobSink sink = blobs.create(key)) {
      sink.write(new byte[] {1, 2, 3}, 0, 3);
      sink.commit();
    }
  }

  private void drop(NarFixture fixture) throws IOException {
    stored.drop(fixture.id().hash(), representation(fixture));
  }

  private Representation representation(NarFixture fixture) throws IOException {
    return database.findNar(fixture.id().hash()).orElseThrow().representations().get(0);
  }

  private List<String> due() throws IOException {
    return database.garbage().findDue(now, Optional.empty(), 100);
  }

  @Test
  void aBlobGoesAfterTheGraceAndItsLineAfterTheBlob() throws Exception {
    NarFixture fixture = put(1, CdcMode.OFF);
    drop(fixture);
    assertEquals(1, keys().size());
    pass(GarbageTable.GRACE.minusMillis(1));
    chores.wake();
    assertEquals(1, keys().size());

    pass(Duration.ofMillis(1));
    chores.wake();

    assertEquals(Set.of(), keys());
    assertEquals(List.of(), due());
  }

  @Test
  void whatCannotBeDeletedIsDeletedLaterByAnotherStartToo() throws Exception {
    NarFixture fixture = put(2, CdcMode.OFF);
    drop(fixture);
    pass(GarbageTable.GRACE);
    blobs.fail(Step.DELETE);
    chores.wake();
    assertEquals(1, keys().size());
    assertEquals(1, due().size());

    blobs.heal();
    newChores().wake();

    assertEquals(Set.of(), keys());
    assertEquals(List.of(), due());
  }

  @Test
  void aDeletedNarFreesItsSpaceAtOnce() throws Exception {
    NarFixture fixture = put(3, CdcMode.OFF);
    stored.deleteUnnamed(fixture.id().hash(), Instant.MAX);

    chores.wake();

    assertEquals(Set.of(), keys());
  }

  @Test
  void blobsThatNoRowEverNamedAreFoundOnceTheyAreOldAndNoOthersAre() throws Exception {
    put(4, CdcMode.OFF);
    put(5, CdcMode.EAGER);
    keepListing();
    Set<String> named = new TreeSet<>(keys());
    String file = "nar/0a/" + Sha256.of(new byte[32]).nix32() + "-" + "0".repeat(36);
    for (String key : List.of(STRAY, file, "doc/00/listing", "zzz")) {
      write(key);
    }
    chores.wake();
    assertEquals(List.of(), due());

    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));
    chores.wake();
    pass(GarbageTable.GRACE);
    chores.wake();

    assertEquals(named, keys());
    assertEquals(List.of(), due());
  }

  @Test
  void manyPagesOfBlobsAreCompared() throws Exception {
    for (int i = 0; i < 2100; i++) {
      write("pack/" + i);
    }
    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));
    chores.wake();
    pass(GarbageTable.GRACE);
    chores.wake();

    assertEquals(Set.of(), keys());
  }

  @Test
  void theStoreIsListedOnceADay() throws Exception {
    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));
    chores.wake();
    write(STRAY);
    chores.wake();
    assertEquals(List.of(), database.garbage().findDue(now.plusSeconds(60), Optional.empty(), 9));

    pass(Duration.ofHours(24));
    chores.wake();

    assertEquals(
        List.of(STRAY), database.garbage().findDue(now.plusSeconds(60), Optional.empty(), 9));
  }

  @Test
  void aDatabaseNeverDeletesTheBlobsOfAnotherOne(@TempDir Path elsewhere) throws Exception {
    put(7, CdcMode.OFF);
    put(8, CdcMode.EAGER);
    chores.wake();
    Set<String> all = memory.keys();
    pass(FindUnnamedBlobs.GRACE.plusSeconds(5));

    try (Database empty =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + elsewhere.resolve("y.db"), null, null, null))) {
      for (int i = 0; i < 2; i++) {
        chores(
                new FindUnnamedBlobs(empty, blobs, () -> now),
                new DeleteGarbage(empty, blobs, () -> now))
            .wake();
        pass(GarbageTable.GRACE);
      }
    }

    assertEquals(all, memory.keys());
  }

  @Test
  void aBlobThatARowNamesAfterAllStays() throws Exception {
    NarFixture fixture = put(6, CdcMode.EAGER);
    Set<String> packs = keys();
    List<String> listed = new ArrayList<>(packs);
    chores.wake();
    // As if the row and the garbage row were inserted at the same time, by transactions that didn't
    // see each other.
    database.garbage().addUnnamed(List.of(STRAY), now);
    forceLines(listed);

    chores.wake();

    assertEquals(packs, keys());
    assertEquals(List.of(), due());
    try (InputStream nar = stored.openChunked(fixture.id(), representation(fixture)).open(0)) {
      assertArrayEquals(fixture.nar(), nar.readAllBytes());
    }
  }

  /** Lists any blobs as garbage, by storing and deleting a document in each of them. */
  private void forceLines(List<String> blobsInUse) throws IOException {
    DocumentName name = DocumentName.listing(StorePathHash.parse("1".repeat(32)));
    for (String blob : blobsInUse) {
      DocumentRow row =
          new DocumentRow(name, Sha256.of(new byte[32]), 0, blob, 3, null, Instant.EPOCH);
      database.documents().store(row, now);
      database.documents().delete(row, now);
    }
  }
}
