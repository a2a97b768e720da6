package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.blob.FaultyBlobStore.Step;
import narthex.blob.MemoryBlobStore;
import narthex.chunk.ChunkStore.OtherSizes;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.db.ManifestPart;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.stream.Decoders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChunkedWriterTest extends ChunkStoreFixture {
  private static final int ROUNDS = 5;
  private static final int DEADLINE_SECONDS = 60;

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private boolean put(byte[] nar) throws Exception {
    return put(nar, OptionalLong.of(nar.length));
  }

  private boolean put(byte[] nar, OptionalLong announced) throws Exception {
    try (ChunkedWriter writer = store.begin(announced)) {
      write(writer, nar, 0, nar.length);
      writer.finish();
      return writer.store(id(nar), NOON);
    }
  }

  private static void write(ChunkedWriter writer, byte[] nar, int from, int to) throws IOException {
    int step = 70_001;
    for (int at = from; at < to; at += step) {
      writer.write(nar, at, Math.min(step, to - at));
    }
  }

  private List<ChunkPlace> places(byte[] nar) throws Exception {
    List<ChunkPlace> all = new ArrayList<>();
    long offset = 0;
    while (true) {
      Optional<ManifestPart> part = database.chunks().findPart(id(nar).hash(), offset);
      if (part.isEmpty()) {
        return all;
      }
      all.addAll(database.chunks().places(part.get().numbers()));
      offset += part.get().length();
    }
  }

  private byte[] read(byte[] nar) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    long frames = 0;
    for (ChunkPlace place : places(nar)) {
      try (InputStream in =
          Decoders.decode(
              Compression.ZSTD, memory.open(place.pack(), place.offset(), place.storedLength()))) {
        byte[] chunk = in.readAllBytes();
        assertEquals(place.hash(), id(chunk).hash());
        assertEquals(place.length(), chunk.length);
        all.write(chunk);
      }
      frames += place.storedLength();
    }
    Representation stored =
        database
            .findNar(id(nar).hash())
            .flatMap(found -> found.find(Form.CHUNKED, Compression.NONE))
            .orElseThrow();
    assertEquals(frames, stored.fileSizeBytes());
    return all.toByteArray();
  }

  private long storedBytes() {
    return memory.keys().stream().mapToLong(key -> memory.find(key).orElseThrow()).sum();
  }

  @Test
  void oneTransactionGivesTheNumbersOfManyNars() throws Exception {
    put(random(200_000, 1));
    long before = database.chunks().takeNumbers(1);

    for (int i = 2; i < 12; i++) {
      put(random(200_000, i));
    }

    assertEquals(before + 1, database.chunks().takeNumbers(1));
    for (int i = 1; i < 12; i++) {
      assertArrayEquals(random(200_000, i), read(random(200_000, i)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1024, 16 << 10, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 9_000_000})
  void whatIsWrittenIsReadBack(int length) throws Exception {
    byte[] nar = random(length, length);

    assertTrue(put(nar));

    assertArrayEquals(nar, read(nar));
    for (String key : memory.keys()) {
      assertTrue(memory.find(key).orElseThrow() < PACK_BYTES + (17 << 10));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 16 << 10, 100_001, (2 << 20) - 1, 2 << 20, 3_000_000})
  void theChunksAreThoseOfTheChunkerWhetherTheLengthIsKnownOrNot(int length) throws Exception {
    for (OptionalLong announced : List.of(OptionalLong.of(length), OptionalLong.empty())) {
      byte[] nar = random(length, length + (announced.isEmpty() ? 1 : 0));

      put(nar, announced);

      Chunker chunker = new Chunker(SIZES);
      int from = 0;
      for (ChunkPlace place : places(nar)) {
        assertEquals(chunker.cut(nar, from, nar.length), place.length());
        from += place.length();
      }
      assertArrayEquals(nar, read(nar));
    }
  }

  @Test
  void aNarThatGetsLongerThanItShouldBeIsRefused() throws Exception {
    byte[] nar = random(60_000, 3);
    try (ChunkedWriter writer = store.begin(OptionalLong.of(59_999))) {
      assertThrows(IOException.class, () -> writer.write(nar, 0, nar.length));
    }

    assertNoPackWithoutChunks();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 1000, 16 << 10, 70_001, 3_000_000})
  void theChunksAreThoseOfTheChunkerWhateverIsWrittenAtOnce(int most) throws Exception {
    byte[] nar = random(most == 1 ? 300_000 : 7_000_000, most);
    Random lengths = new Random(most);
    try (ChunkedWriter writer = store.begin()) {
      for (int at = 0; at < nar.length; ) {
        int length = Math.min(nar.length - at, 1 + lengths.nextInt(most));
        writer.write(nar, at, length);
        at += length;
      }
      writer.finish();
      writer.store(id(nar), NOON);
    }
    Chunker chunker = new Chunker(SIZES);

    int from = 0;
    for (ChunkPlace place : places(nar)) {
      assertEquals(chunker.cut(nar, from, nar.length), place.length());
      from += place.length();
    }
    assertEquals(nar.length, from);
    assertArrayEquals(nar, read(nar));
  }

  @Test
  void thePacksAreTheSameHoweverManyHelpToCompress() throws Exception {
    byte[] nar = random(5_000_000, 5);
    System.arraycopy(nar, 0, nar, 2_500_000, 700_000);
    List<byte[]> packs = new ArrayList<>();
    for (int helpers : List.of(0, 1, 3)) {
      MemoryBlobStore own = new MemoryBlobStore();
      try (Database rows =
          Database.open(
              new DatabaseAddress(
                  "jdbc:sqlite:" + folder.resolve(helpers + ".db"), null, null, null))) {
        ChunkStore.Policy settings = new ChunkStore.Policy(SIZES, 1 << 30, OtherSizes.REFUSED);
        try (ChunkedWriter writer = new ChunkStore(own, rows, settings, threads, helpers).begin()) {
          write(writer, nar, 0, nar.length);
          writer.finish();
          assertTrue(writer.store(id(nar), NOON));
        }
      }
      String key = own.keys().iterator().next();
      try (InputStream in = own.open(key, 0, own.find(key).orElseThrow())) {
        packs.add(in.readAllBytes());
      }
    }

    assertArrayEquals(packs.get(0), packs.get(1));
    assertArrayEquals(packs.get(0), packs.get(2));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void whatSeveralCompressIsReadBack(int helpers) throws Exception {
    store =
        new ChunkStore(
            blobs,
            database,
            new ChunkStore.Policy(SIZES, PACK_BYTES, OtherSizes.REFUSED),
            threads,
            helpers);
    byte[] nar = random(9_000_000, helpers);

    assertTrue(put(nar));

    assertArrayEquals(nar, read(nar));
  }

  @Test
  void theSameBytesWithinOneNarAreWrittenOnce() throws Exception {
    byte[] once = random(1_000_000, 1);
    byte[] nar = new byte[6 * once.length];
    for (int i = 0; i < 6; i++) {
      System.arraycopy(once, 0, nar, i * once.length, once.length);
    }

    put(nar);

    assertArrayEquals(nar, read(nar));
    assertTrue(storedBytes() < 1_200_000, () -> storedBytes() + " bytes");
  }

  @Test
  void aNarLikeOneBeforeAddsOnlyWhatIsNew() throws Exception {
    byte[] one = random(6_000_000, 1);
    byte[] other = one.clone();
    other[3_000_000] ^= 1;
    put(one);
    long before = storedBytes();

    put(other);

    assertArrayEquals(one, read(one));
    assertArrayEquals(other, read(other));
    assertTrue(storedBytes() - before < 3 * SIZES.max(), () -> before + " " + storedBytes());
  }

  @Test
  void aNarThatIsThereIsKnownAndLeavesNothingMore() throws Exception {
    byte[] nar = random(3_000_000, 1);
    assertTrue(put(nar));
    var before = memory.keys();

    assertFalse(put(nar));

    assertEquals(before, memory.keys());
    assertArrayEquals(nar, read(nar));
  }

  @ParameterizedTest
  @EnumSource(names = {"CREATE", "COMMIT", "COMMIT_ANSWER"})
  void aFailureOfTheBlobStoreLeavesNoPackWithoutChunks(Step step) throws Exception {
    byte[] nar = random(9_000_000, 1);
    for (int before = 0; before <= 8_000_000; before += 2_000_000) {
      int healthy = before;
      try (ChunkedWriter writer = store.begin()) {
        write(writer, nar, 0, healthy);
        blobs.fail(step);
        assertThrows(
            IOException.class,
            () -> {
              write(writer, nar, healthy, nar.length);
              writer.finish();
            });
        assertThrows(IOException.class, writer::finish);
      }
      blobs.heal();
      assertNoPackWithoutChunks();
    }
    assertEquals(Optional.empty(), database.findNar(id(nar).hash()));
    assertTrue(put(nar));
    assertArrayEquals(nar, read(nar));
  }

  @Test
  void aFullDiskLeavesNothing() throws Exception {
    byte[] nar = random(6_000_000, 1);
    for (long room = 0; room < PACK_BYTES; room += 11_111) {
      blobs.failWritesAfter(room);
      assertThrows(IOException.class, () -> put(nar));
      blobs.heal();
      assertNoPackWithoutChunks();
    }
    assertEquals(Optional.empty(), database.findNar(id(nar).hash()));
  }

  @Test
  void aWriterThatIsClosedEarlyLeavesNoPackWithoutChunks() throws Exception {
    byte[] nar = random(9_000_000, 1);
    for (int written : List.of(0, 1000, 5_000_000, 9_000_000)) {
      try (ChunkedWriter writer = store.begin()) {
        write(writer, nar, 0, written);
        if (written == nar.length) {
          writer.finish();
        }
      }
      assertNoPackWithoutChunks();
    }
    assertEquals(Optional.empty(), database.findNar(id(nar).hash()));
  }

  @Test
  void narsThatComeAtTheSameTimeShareTheirChunks() throws Exception {
    byte[] one = random(3_000_000, 1);
    byte[] other = Arrays.copyOf(one, 3_100_000);
    try (ChunkedWriter first = store.begin()) {
      write(first, one, 0, one.length);
      first.finish();
      int before = memory.keys().size();

      assertTrue(put(other));

      assertTrue(memory.keys().size() <= before + 2, () -> before + ", " + memory.keys().size());
    }
    assertArrayEquals(other, read(other));
  }

  @Test
  void twoWritersOfTheSameBytesAtOnceBothEndWell() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      byte[] common = random(3_000_000, round);
      byte[] one = Arrays.copyOf(common, 3_500_000);
      byte[] other = Arrays.copyOf(common, 3_100_000);

      List<Boolean> results = atOnce(() -> put(one), () -> put(other));
      assertEquals(List.of(true, true), results);
      assertArrayEquals(one, read(one));
      assertArrayEquals(other, read(other));

      byte[] same = random(3_000_000, 1000 + round);
      List<Boolean> ofOne = atOnce(() -> put(same), () -> put(same));
      assertEquals(ofOne.get(0), !ofOne.get(1));
      assertArrayEquals(same, read(same));
    }
    for (String key : memory.keys()) {
      assertTrue(database.chunks().isPackNamed(key), key);
    }
  }

  private List<Boolean> atOnce(Callable<Boolean> one, Callable<Boolean> other) throws Exception {
    CyclicBarrier start = new CyclicBarrier(2);
    List<Future<Boolean>> both =
        List.of(one, other).stream()
            .map(
                work ->
                    threads.submit(
                        () -> {
                          start.await(DEADLINE_SECONDS, TimeUnit.SECONDS);
                          return work.call();
                        }))
            .toList();
    return List.of(
        both.get(0).get(DEADLINE_SECONDS, TimeUnit.SECONDS),
        both.get(1).get(DEADLINE_SECONDS, TimeUnit.SECONDS));
  }

  @Test
  void chunksOfOtherSizesAreRefusedUnlessAllowed() throws Exception {
    store.requireSameSizes();
    put(random(100_000, 1));
    store.requireSameSizes();
    ChunkSizes others = new ChunkSizes(2 << 10, 4 << 10, 16 << 10);

    store = store(others, OtherSizes.REFUSED);
    OtherSizesException refusal = assertThrows(OtherSizesException.class, store::requireSameSizes);
    assertEquals(1, String.valueOf(refusal.getMessage()).lines().count());
    assertThrows(IOException.class, () -> put(random(100_000, 2)));

    store = store(others, OtherSizes.ALLOWED);
    store.requireSameSizes();
    byte[] nar = random(100_000, 2);
    assertTrue(put(nar));
    assertArrayEquals(nar, read(nar));
  }
}
