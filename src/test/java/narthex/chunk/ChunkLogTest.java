package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import narthex.chunk.ChunkLog.Entry;
import narthex.db.ChunkPlace;
import narthex.db.ManifestPart;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;

class ChunkLogTest {
  private static final int MANY = 5000;

  private final Random random = new Random(1);

  /**
   * Returns chunk {@code i}. Only the last bytes of the hashes differ, so all chunks collide in one
   * slot.
   */
  private static ChunkPlace sameSlot(int i) {
    byte[] hash = new byte[Sha256.BYTES];
    ByteBuffer.wrap(hash).putInt(Sha256.BYTES - Integer.BYTES, i);
    return new ChunkPlace(i + 1, Sha256.of(hash), "pack/a", 10L * i, 10, 20, -i);
  }

  private ChunkPlace any(int i) {
    byte[] hash = new byte[Sha256.BYTES];
    random.nextBytes(hash);
    return new ChunkPlace(
        1L + i, Sha256.of(hash), "pack/" + i / 100, i % 100, 1, 1 + i % 7, random.nextInt());
  }

  private static List<ChunkPlace> list(Iterable<ChunkPlace> places) {
    List<ChunkPlace> list = new ArrayList<>();
    places.forEach(list::add);
    return list;
  }

  @Test
  void eachOfManyChunksIsFoundAgainAndHasItsPlace() {
    ChunkLog log = new ChunkLog();
    List<ChunkPlace> places = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      places.add(any(i));
      assertEquals(-1, log.find(places.get(i).hash()));
      assertEquals(i, log.addNew(places.get(i)));
      assertEquals(places.get(i).length(), log.append(i));
    }

    long narOffset = 0;
    for (int i = 0; i < MANY; i++) {
      assertEquals(i, log.find(places.get(i).hash()));
      assertEquals(new Entry(narOffset, places.get(i)), log.at(narOffset));
      narOffset += places.get(i).length();
      assertEquals(places.get(i), log.at(narOffset - 1).place());
    }
    long end = narOffset;
    assertThrows(IllegalArgumentException.class, () -> log.at(end));
    assertThrows(IllegalArgumentException.class, () -> log.at(-1));
  }

  @Test
  void chunksWhoseHashesBeginAlikeAreKeptApart() {
    ChunkLog log = new ChunkLog();
    for (int i = 0; i < 300; i++) {
      assertEquals(-1, log.find(sameSlot(i).hash()));
      log.addNew(sameSlot(i));
    }
    for (int i = 0; i < 300; i++) {
      assertEquals(i, log.find(sameSlot(i).hash()));
    }
  }

  @Test
  void newChunksComeByTheirHashesAndStoredOnesDoNot() {
    ChunkLog log = new ChunkLog();
    List<ChunkPlace> added = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      ChunkPlace place = any(i);
      if (i % 3 == 0) {
        log.addStored(place);
      } else {
        log.addNew(place);
        added.add(place);
      }
    }

    added.sort(Comparator.comparing(ChunkPlace::hash));
    assertEquals(added, list(log.newChunks()));
    assertEquals(added, list(log.newChunks()));
  }

  @Test
  void aRunEndsWhereFramesDoNotFollowEachOtherOrGetTooLong() {
    ChunkLog log = new ChunkLog();
    for (int i = 0; i < 6; i++) {
      log.append(log.addNew(sameSlot(i)));
    }
    log.append(2); // the same chunk again

    assertEquals(List.of(0L, 20L, 40L), offsets(log.run(0, 30)));
    assertEquals(List.of(20L), offsets(log.run(25, 9)));
    assertEquals(List.of(80L, 100L), offsets(log.run(80, 1000)));
    assertEquals(List.of(120L), offsets(log.run(139, 1000)));
  }

  private static List<Long> offsets(List<Entry> run) {
    return run.stream().map(Entry::narOffset).toList();
  }

  @Test
  void partsTellEveryChunkInItsOrderAndHowFarEachPartGoes() {
    ChunkLog log = new ChunkLog();
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      ChunkPlace place = sameSlot(i % 50);
      int known = log.find(place.hash());
      log.append(known < 0 ? log.addNew(place) : known);
      numbers.add(place.number());
    }

    List<Long> told = new ArrayList<>();
    long chunks = 0;
    for (ManifestPart part : log.parts()) {
      assertEquals(20 * chunks, part.narOffset());
      assertEquals(10 * chunks, part.framesOffset());
      chunks += part.numbers().length;
      for (long number : part.numbers()) {
        told.add(number);
      }
    }
    assertEquals(numbers, told);
    assertEquals(10L * MANY, log.framesLength());
  }
}
