package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of {@link BlobStore}; each store has a subclass that opens it. */
abstract class BlobStoreContract {
  private static final String KEY = "nar/ab/abcdef";
  private final byte[] bytes = random(200_000);
  private BlobStore store = new MemoryBlobStore();

  /** Opens a new, empty store, which is closed after the test. */
  abstract BlobStore openStore() throws IOException;

  @BeforeEach
  final void open() throws IOException {
    store = openStore();
  }

  @AfterEach
  final void close() throws IOException {
    store.close();
  }

  @Test
  void whatWasNeverWrittenIsSurelyAbsent() throws IOException {
    assertEquals(OptionalLong.empty(), store.find(KEY));
    assertThrows(BlobLostException.class, () -> store.open(KEY, 0, 1));
  }

  @Test
  void aCommittedBlobIsFoundAndReadFromAnyOffset() throws IOException {
    write(KEY, bytes);

    assertEquals(OptionalLong.of(bytes.length), store.find(KEY));
    for (int from : new int[] {0, 1, 65_535, 199_999, 200_000}) {
      assertArrayEquals(
          Arrays.copyOfRange(bytes, from, bytes.length), read(KEY, from, bytes.length - from));
    }
    assertArrayEquals(Arrays.copyOfRange(bytes, 7, 20), read(KEY, 7, 13));
  }

  @Test
  void anEmptyBlobIsABlob() throws IOException {
    write(KEY, new byte[0]);

    assertEquals(OptionalLong.of(0), store.find(KEY));
    assertArrayEquals(new byte[0], read(KEY, 0, 0));
  }

  @Test
  void nothingIsVisibleBeforeTheCommit() throws IOException {
    try (BlobSink sink = store.create(KEY)) {
      sink.write(bytes, 0, bytes.length);

      assertEquals(OptionalLong.empty(), store.find(KEY));
      assertThrows(BlobLostException.class, () -> store.open(KEY, 0, 1));
      sink.commit();
      assertEquals(OptionalLong.of(bytes.length), store.find(KEY));
    }
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void closingWithoutACommitDiscardsAndTheKeyCanBeWrittenAgain() throws IOException {
    try (BlobSink sink = store.create(KEY)) {
      sink.write(bytes, 0, 100);
    }

    assertEquals(OptionalLong.empty(), store.find(KEY));
    write(KEY, bytes);
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void aSinkMayBeClosedTwice() throws IOException {
    BlobSink discarded = store.create(KEY);
    discarded.close();
    discarded.close();
    BlobSink committed = store.create(KEY);
    committed.commit();
    committed.close();
    committed.close();

    assertEquals(OptionalLong.of(0), store.find(KEY));
  }

  @Test
  void aSinkKnowsItsKeyAndWritesOnlyThePartOfTheArray() throws IOException {
    try (BlobSink sink = store.create(KEY)) {
      assertEquals(KEY, sink.key());
      sink.write(bytes, 10, 5);
      sink.write(bytes, 0, 0);
      sink.write(bytes, 100, 1);
      sink.commit();
    }

    byte[] expected = Arrays.copyOfRange(bytes, 10, 16);
    expected[5] = bytes[100];
    assertArrayEquals(expected, read(KEY, 0, 6));
  }

  @Test
  void aKeyIsWrittenOnce() throws IOException {
    write(KEY, bytes);

    try (BlobSink second = store.create(KEY)) {
      second.write(new byte[] {1}, 0, 1);
      assertThrows(IOException.class, second::commit);
    }
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void twoSinksOfOneKeyDoNotMix() throws IOException {
    try (BlobSink first = store.create(KEY);
        BlobSink second = store.create(KEY)) {
      first.write(bytes, 0, 10);
      second.write(bytes, 50, 20);
      second.commit();
    }

    assertArrayEquals(Arrays.copyOfRange(bytes, 50, 70), read(KEY, 0, 20));
  }

  @Test
  void aBlobShorterThanAskedIsLost() throws IOException {
    write(KEY, new byte[10]);

    assertThrows(BlobLostException.class, () -> store.open(KEY, 0, 11));
    assertThrows(BlobLostException.class, () -> store.open(KEY, 10, 1));
    BlobLostException lost = assertThrows(BlobLostException.class, () -> store.open(KEY, 11, 0));
    assertEquals(KEY, lost.key());
  }

  @Test
  void aDeletedBlobIsAbsentAndDeletingTwiceIsNoError() throws IOException {
    write(KEY, bytes);

    store.delete(KEY);
    store.delete(KEY);

    assertEquals(OptionalLong.empty(), store.find(KEY));
    assertThrows(BlobLostException.class, () -> store.open(KEY, 0, 1));
  }

  @Test
  void allBlobsAreListedInTheOrderOfTheirKeysPageByPage() throws IOException {
    List<String> keys =
        List.of("a", "nar-x", "nar/ab-c", "nar/ab.c", "nar/ab/1", "nar/ab/2", "nar/ab_c", "pack/0");
    for (String key : keys) {
      write(key, text(key));
    }
    for (int most = 1; most <= keys.size() + 1; most++) {
      List<String> listed = new ArrayList<>();
      List<ListedBlob> page = store.list(Optional.empty(), most);
      while (!page.isEmpty()) {
        assertTrue(page.size() <= most);
        page.forEach(blob -> listed.add(blob.key()));
        page = store.list(Optional.of(listed.get(listed.size() - 1)), most);
      }
      assertEquals(keys, listed);
    }
    assertEquals(List.of(), store.list(Optional.of("pack/1"), 5));
    assertEquals(List.of("nar/ab/1"), keysOf(store.list(Optional.of("nar/ab.d"), 1)));
  }

  @Test
  void aListingHasTheLengthAndTheTimeOfABlob() throws IOException {
    Instant before = Instant.now().minusSeconds(2);
    write(KEY, bytes);

    ListedBlob blob = store.list(Optional.empty(), 10).get(0);
    assertEquals(KEY, blob.key());
    assertEquals(bytes.length, blob.lengthBytes());
    assertTrue(blob.modifiedAt().isAfter(before), blob.toString());
    assertTrue(blob.modifiedAt().isBefore(Instant.now().plusSeconds(2)), blob.toString());
  }

  @Test
  void whatIsNotCommittedOrIsDeletedIsNotListed() throws IOException {
    assertEquals(List.of(), store.list(Optional.empty(), 10));
    write("nar/gone", bytes);
    store.delete("nar/gone");
    try (BlobSink sink = store.create(KEY)) {
      sink.write(bytes, 0, 10);

      assertEquals(List.of(), store.list(Optional.empty(), 10));
      sink.commit();
    }
    assertEquals(List.of(KEY), keysOf(store.list(Optional.empty(), 10)));
  }

  private static List<String> keysOf(List<ListedBlob> page) {
    return page.stream().map(ListedBlob::key).toList();
  }

  @Test
  void theBeginningOfAKeyIsNoBlob() throws IOException {
    write(KEY, bytes);

    assertEquals(OptionalLong.empty(), store.find("nar"));
    assertEquals(OptionalLong.empty(), store.find("nar/ab"));
    assertThrows(BlobLostException.class, () -> store.open("nar/ab", 0, 0));
    store.delete("nar/ab");
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void aKeyThatCouldLeaveTheStoreIsRefused() {
    for (String key :
        List.of(
            "", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/.b", "A", "a b", "a\n",
            "a\\b", "a\0", "ä")) {
      assertThrows(IllegalArgumentException.class, () -> store.find(key), key);
      assertThrows(IllegalArgumentException.class, () -> store.open(key, 0, 0), key);
      assertThrows(IllegalArgumentException.class, () -> store.create(key), key);
      assertThrows(IllegalArgumentException.class, () -> store.delete(key), key);
    }
  }

  @Test
  void whatIsWrittenCanBeFollowedFromAnyOffset() throws IOException {
    try (Spool spool = store.spool()) {
      try (InputStream start = spool.openWritten(0);
          InputStream later = spool.openWritten(5)) {
        assertEquals(-1, start.read(new byte[10]));
        spool.write(bytes, 0, 8);
        assertArrayEquals(Arrays.copyOf(bytes, 8), start.readNBytes(10));
        assertArrayEquals(Arrays.copyOfRange(bytes, 5, 8), later.readNBytes(10));
        spool.write(bytes, 8, 8);
        assertArrayEquals(Arrays.copyOfRange(bytes, 8, 16), start.readNBytes(8));
      }
    }
  }

  @Test
  void readersOfASpoolGoOnAfterItsCommit() throws IOException {
    try (Spool spool = store.spool()) {
      spool.write(bytes, 0, bytes.length);
      try (InputStream before = spool.openWritten(0)) {
        assertArrayEquals(Arrays.copyOf(bytes, 10), before.readNBytes(10));
        spool.commit(KEY);
        spool.close();
        assertArrayEquals(Arrays.copyOfRange(bytes, 10, bytes.length), before.readAllBytes());
      }
      try (InputStream after = spool.openWritten(199_000)) {
        assertArrayEquals(Arrays.copyOfRange(bytes, 199_000, 200_000), after.readAllBytes());
      }
    }
  }

  @Test
  void aDiscardedSpoolCannotBeReadBackAndLeavesNothing() throws IOException {
    Spool spool = store.spool();
    spool.write(bytes, 0, 10);
    spool.close();

    assertThrows(IOException.class, () -> spool.openWritten(0));
    assertEquals(List.of(), store.list(Optional.empty(), 10));
  }

  @Test
  void aSpoolBecomesABlobUnderTheKeyOfItsCommitAndIsNothingInTheStoreBefore() throws IOException {
    try (Spool spool = store.spool()) {
      spool.write(bytes, 0, bytes.length);
      assertEquals(List.of(), store.list(Optional.empty(), 10));

      spool.commit(KEY);

      assertEquals(OptionalLong.of(bytes.length), store.find(KEY));
    }
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void aSpoolNeverTakesTheKeyOfAnotherBlob() throws IOException {
    write(KEY, bytes);

    try (Spool spool = store.spool()) {
      spool.write(new byte[] {1}, 0, 1);
      assertThrows(IOException.class, () -> spool.commit(KEY));
      assertThrows(IllegalArgumentException.class, () -> spool.commit("../a"));
    }
    assertArrayEquals(bytes, read(KEY, 0, bytes.length));
  }

  @Test
  void aLocalFileHoldsExactlyTheBlob() throws IOException {
    write(KEY, bytes);

    var file = store.localFile(KEY);
    assertNotNull(file);
    if (file.isPresent()) {
      assertArrayEquals(bytes, java.nio.file.Files.readAllBytes(file.get()));
      assertFalse(java.nio.file.Files.isSymbolicLink(file.get()));
    }
  }

  final void write(String key, byte[] written) throws IOException {
    try (BlobSink sink = store.create(key)) {
      sink.write(written, 0, written.length);
      sink.commit();
    }
  }

  final byte[] read(String key, long from, long length) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (InputStream in = store.open(key, from, length)) {
      in.transferTo(all);
    }
    return all.toByteArray();
  }

  static byte[] random(int length) {
    byte[] random = new byte[length];
    new Random(3).nextBytes(random);
    return random;
  }

  static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
