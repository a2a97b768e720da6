package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.document;
import static narthex.db.Rows.documentName;
import static narthex.db.Rows.hash;
import static narthex.db.Rows.nar;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import narthex.blob.Extent;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;

/** The contract of {@link GarbageTable}, tested with each database. */
interface GarbageContract {

  /** The database under test, which is empty. */
  Database database();

  private List<String> due(Instant now) throws IOException {
    return database().garbage().findDue(now, Optional.empty(), 1000);
  }

  /** A whole file in several blobs, with several ranges of the last one. */
  private static Representation inParts(Compression compression, String... blobs) {
    List<Extent> extents = new ArrayList<>();
    for (String blob : blobs) {
      extents.add(new Extent(blob, 0, 3, 3));
    }
    extents.add(new Extent(blobs[blobs.length - 1], 3, 3, 3));
    return new Representation(
        Form.WHOLE, compression, hash(50 + compression.ordinal()), extents.size() * 3L, extents);
  }

  private void store(int nar, Representation file) throws IOException {
    assertTrue(database().storeRepresentation(nar(nar), file, NOON));
  }

  /** Stores a NAR of two chunks in this pack. */
  private void storeChunked(int nar, String pack) throws IOException {
    List<ChunkPlace> chunks =
        List.of(ChunkContract.chunk(1, 1, pack), ChunkContract.chunk(2, 2, pack));
    database()
        .storeChunked(
            nar(nar),
            ChunkContract.byHash(chunks),
            ChunkContract.parts(chunks, 1000),
            ChunkContract.chunked(nar, chunks),
            NOON);
  }

  @Test
  default void everyBlobOfADroppedFileIsGarbageFromTheTimeThatWasTold() throws Exception {
    Representation file = inParts(Compression.XZ, "a", "b", "c");
    store(1, file);
    store(2, inParts(Compression.XZ, "other"));
    Instant later = NOON.plus(Duration.ofSeconds(30));

    assertFalse(database().deleteRepresentation(hash(1), inParts(Compression.XZ, "a", "b"), later));
    assertTrue(database().deleteRepresentation(hash(1), file, later));

    assertEquals(List.of(), due(later.minusMillis(1)));
    assertEquals(List.of("a", "b", "c"), due(later));
  }

  @Test
  default void everyBlobOfADeletedNarIsGarbage() throws Exception {
    store(1, inParts(Compression.XZ, "a", "b"));
    store(1, inParts(Compression.ZSTD, "c"));

    assertTrue(database().garbage().deleteUnnamedNar(hash(1), Instant.MAX, NOON));

    assertEquals(List.of("a", "b", "c"), due(NOON));
  }

  @Test
  default void everyBlobOfASupersededFileIsGarbage() throws Exception {
    store(1, inParts(Compression.XZ, "a", "b"));
    storeChunked(1, "pack/a");

    database().chunkingQueue().deleteSuperseded(hash(1), NOON.plusMillis(1), NOON);

    assertEquals(List.of("a", "b"), due(NOON));
  }

  @Test
  default void garbageIsFoundPageByPageAndGoesWhenItIsRemoved() throws Exception {
    GarbageTable garbage = database().garbage();
    assertEquals(5, garbage.addUnnamed(List.of("e", "a", "d", "c", "b"), NOON));
    assertEquals(0, garbage.addUnnamed(List.of("a"), NOON.minusSeconds(9)));

    assertEquals(List.of("a", "b"), garbage.findDue(NOON, Optional.empty(), 2));
    assertEquals(List.of("c", "d"), garbage.findDue(NOON, Optional.of("b"), 2));
    garbage.remove("c");
    garbage.remove("c");

    assertEquals(List.of("a", "b", "d", "e"), due(NOON));
    assertEquals(List.of(), due(NOON.minusMillis(1)));
  }

  @Test
  default void blobsThatARowRefersToAreNamedAndAllOthersAreNot() throws Exception {
    String byNar = WholeFileKey.create(hash(1));
    String byFile = WholeFileKey.create(hash(50 + Compression.XZ.ordinal()));
    store(1, inParts(Compression.XZ, byNar, byFile));
    database().documents().store(document(documentName(1), "doc/1"), NOON);
    storeChunked(2, "pack/a");
    String another = WholeFileKey.create(hash(1));
    String unknown = "nar/un/unknown-00000000-0000-0000-0000-000000000000";

    assertEquals(
        Set.of(another, "doc/2", "pack/b", "elsewhere"),
        database()
            .garbage()
            .findUnnamed(
                List.of(
                    byNar,
                    byFile,
                    another,
                    unknown,
                    "doc/1",
                    "doc/2",
                    "pack/a",
                    "pack/b",
                    "elsewhere")));
    assertEquals(1, database().garbage().addUnnamed(List.of(byNar, "pack/a", "pack/b"), NOON));
    assertEquals(List.of("pack/b"), due(NOON));
  }

  @Test
  default void moreBlobsThanOneStatementTakesAreCompared() throws Exception {
    List<String> blobs = IntStream.range(0, 1300).mapToObj(i -> "pack/" + i).toList();

    assertEquals(1300, database().garbage().findUnnamed(blobs).size());
    assertEquals(Set.of(), database().garbage().findUnnamed(List.of()));
  }

  @Test
  default void aNarWhosePackIsGarbageIsNotStored() throws Exception {
    database().garbage().addUnnamed(List.of("pack/a"), NOON);

    assertThrows(ChunksCondemnedException.class, () -> storeChunked(1, "pack/a"));

    assertEquals(Optional.empty(), database().findNar(hash(1)));
    assertEquals(Set.of("pack/a"), database().garbage().findUnnamed(List.of("pack/a")));
  }

  @Test
  default void aDatabaseKeepsItsName() throws Exception {
    List<String> owners =
        AtOnce.run(() -> database().garbage().owner(), () -> database().garbage().owner());

    assertEquals(36, owners.get(0).length());
    assertEquals(owners.get(0), owners.get(1));
    assertEquals(owners.get(0), database().garbage().owner());
  }
}
