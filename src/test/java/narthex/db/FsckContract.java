package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static narthex.db.Rows.pathHash;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import narthex.db.FsckTable.Position;
import narthex.db.FsckTable.StrayOutcome;
import narthex.nix.Compression;
import narthex.nix.NarId;
import org.junit.jupiter.api.Test;

/** The contract of {@link FsckTable}, tested with each database. */
interface FsckContract {
  /** The file name in the narinfos of these tests. */
  String FILE_NAME = "1".repeat(52);

  /** The database under test, which is empty. */
  Database database();

  /** Runs a statement on it. */
  void change(String sql) throws Exception;

  private FsckTable fsck() {
    return database().fsck();
  }

  private static ChunkPlace chunk(long number, String pack, long offset) {
    return new ChunkPlace(number, hash((int) number), pack, offset, 100, 200, 7);
  }

  /** Stores a NAR of two chunks in one pack. */
  private void storeChunked(int nar, long firstNumber, String pack) throws IOException {
    List<ChunkPlace> chunks =
        List.of(chunk(firstNumber, pack, 0), chunk(firstNumber + 1, pack, 100));
    NarId id = new NarId(hash(nar), 400);
    database()
        .storeChunked(
            id,
            chunks.stream().sorted(Comparator.comparing(ChunkPlace::hash)).toList(),
            List.of(new ManifestPart(0, 0, 0, 400, 200, new long[] {firstNumber, firstNumber + 1})),
            new Representation(Form.CHUNKED, Compression.NONE, id.hash(), 200, List.of()),
            NOON);
  }

  @Test
  default void aPositionIsKeptAndReplaced() throws Exception {
    assertEquals(Optional.empty(), fsck().find("fsck"));
    Position first = new Position("deep all", "packs", "pack/1", NOON, "checked.packs=1");
    Position second = new Position("deep all", "nars", "", NOON.plusSeconds(1), "");

    fsck().save("fsck", first);
    fsck().save("scrub", second);
    assertEquals(Optional.of(first), fsck().find("fsck"));
    fsck().save("fsck", second);

    assertEquals(Optional.of(second), fsck().find("fsck"));
    assertEquals(Optional.of(second), fsck().find("scrub"));
  }

  @Test
  default void packsAndTheirChunksComeInOrderWithoutThoseKnownToBeDamaged() throws Exception {
    storeChunked(50, 1, "pack/b");
    storeChunked(51, 3, "pack/a");
    storeChunked(52, 5, "pack/c");
    database().chunks().condemnPack("pack/c");
    database().collection().mark(List.of(1L));

    assertEquals(List.of("pack/a", "pack/b"), fsck().findPacks("", 10));
    assertEquals(List.of("pack/b"), fsck().findPacks("pack/a", 10));
    assertEquals(List.of("pack/a"), fsck().findPacks("", 1));
    List<ChunkPlace> chunks = fsck().findInPack("pack/b", null, 10);
    assertEquals(List.of(chunk(1, "pack/b", 0), chunk(2, "pack/b", 100)), chunks);
    assertEquals(chunks.subList(1, 2), fsck().findInPack("pack/b", chunks.get(0), 10));
    assertEquals(List.of(), fsck().findInPack("pack/c", null, 10));
    assertEquals(2, fsck().countDamaged(new long[] {1, 5, 6, 7}));
    assertEquals(0, fsck().countDamaged(new long[] {1, 2, 3, 4}));
  }

  @Test
  default void aNarWithoutAFormIsStrayAndForgotten() throws Exception {
    database().storeRepresentation(nar(1), file(Compression.XZ, 101), NOON);
    database().storeRepresentation(nar(2), file(Compression.XZ, 102), NOON);
    assertEquals(List.of(), fsck().findStray("", 10));
    change("delete from representation where nar_hash = '" + hash(1).nix32() + "'");

    assertEquals(List.of(hash(1).nix32()), fsck().findStray("", 10));
    assertTrue(fsck().isStray(hash(1)));
    assertEquals(StrayOutcome.DROPPED, fsck().mendStray(hash(1), NOON, NOON));

    assertFalse(fsck().isStray(hash(1)));
    assertEquals(List.of(hash(2).nix32()), fsck().findNars("", 10));
    assertEquals(StrayOutcome.UNCHANGED, fsck().mendStray(hash(2), NOON, NOON));
  }

  @Test
  default void aLostChunkedFormIsRestoredFromTheManifestAndTheNarInfo() throws Exception {
    storeChunked(1, 1, "pack/a");
    StoredNar before = database().findNar(hash(1)).orElseThrow();
    database().storeNarInfo(narInfo(1, 1, FILE_NAME));
    change("update narinfo set nar_size = 400");
    change("delete from representation");

    assertEquals(StrayOutcome.RESTORED, fsck().mendStray(hash(1), NOON, NOON));

    assertEquals(Optional.of(before), database().findNar(hash(1)));
  }

  @Test
  default void withoutANarInfoALostChunkedFormIsDropped() throws Exception {
    storeChunked(1, 1, "pack/a");
    change("delete from representation");

    assertEquals(StrayOutcome.DROPPED, fsck().mendStray(hash(1), NOON, NOON));

    assertEquals(Optional.empty(), database().findNar(hash(1)));
    assertEquals(Optional.empty(), database().chunks().findPart(hash(1), 0));
  }

  @Test
  default void namesOfANarInfoAreCheckedAndMended() throws Exception {
    database().storeNarInfo(narInfo(1, 1, FILE_NAME));
    assertTrue(fsck().findLinks(pathHash(1)).orElseThrow().isNamed());
    change("delete from file_name");
    assertFalse(fsck().findLinks(pathHash(1)).orElseThrow().isNamed());

    fsck().nameAgain(FILE_NAME, hash(1));

    NarInfoLinks links = fsck().findLinks(pathHash(1)).orElseThrow();
    assertTrue(links.isNamed());
    assertFalse(links.isUploaded());
    assertEquals(null, links.storedSize());
    assertEquals(Optional.of(hash(1)), database().findNarByFileName(FILE_NAME));
  }

  @Test
  default void aNameThatAnotherNarInfoAdvertisesIsNotTaken() throws Exception {
    database().storeNarInfo(narInfo(1, 1, FILE_NAME));
    database().storeNarInfo(narInfo(2, 2, hash(2).nix32()));
    change("update narinfo set stem = '" + FILE_NAME + "'");

    fsck().nameAgain(FILE_NAME, hash(2));

    assertTrue(fsck().findLinks(pathHash(1)).orElseThrow().isNamed());
    assertTrue(fsck().findLinks(pathHash(2)).orElseThrow().isNamed());
    assertEquals(hash(2).nix32(), fsck().findLinks(pathHash(2)).orElseThrow().stem());
  }

  @Test
  default void rowsAreCountedAndPaged() throws Exception {
    assertFalse(fsck().namesBlobs());
    for (int i = 1; i <= 3; i++) {
      database().storeRepresentation(nar(i), file(Compression.XZ, 100 + i), NOON);
      database().storeNarInfo(narInfo(i, i, hash(i).nix32()));
      database().documents().storeIfAbsent(Rows.document(Rows.documentName(i), "document/" + i));
    }

    assertTrue(fsck().namesBlobs());
    for (FsckTable.Rows rows : FsckTable.Rows.values()) {
      assertEquals(3, fsck().count(rows));
    }
    List<String> all = fsck().findNarInfos("", 10);
    assertEquals(3, all.size());
    assertEquals(all.subList(1, 3), fsck().findNarInfos(all.get(0), 10));
    List<String> documents = fsck().findDocuments("", 10);
    assertEquals(3, documents.size());
    assertEquals(documents.subList(2, 3), fsck().findDocuments(documents.get(1), 10));
  }
}
