package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkerTest {
  private static final ChunkSizes SIZES = new ChunkSizes(16 << 10, 64 << 10, 256 << 10);

  private static final List<Integer> GOLDEN_BEGIN =
      List.of(89080, 42390, 69812, 66991, 78547, 81893, 82844, 68213);
  private static final int GOLDEN_COUNT = 110;
  private static final String GOLDEN_DIGEST =
      "b2896f9ab7b557a65b925eb4eef4ba15c89e6f67a9b2bb1da7e67a32ca192af5";

  /**
   * If this test fails, mend the code, not the test: with other cut points, new NARs would share no
   * chunks with stored ones.
   */
  @Test
  void theCutsOfKnownBytesAreThoseOfTheFirstVersion() throws Exception {
    byte[] bytes = knownBytes(8 << 20, 1);

    List<Integer> lengths = lengths(new Chunker(SIZES), bytes);

    assertEquals(GOLDEN_BEGIN, lengths.subList(0, 8));
    assertEquals(GOLDEN_COUNT, lengths.size());
    ByteBuffer all = ByteBuffer.allocate(lengths.size() * Integer.BYTES);
    lengths.forEach(all::putInt);
    assertEquals(
        GOLDEN_DIGEST,
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.array())));
  }

  @Property(tries = 200)
  void theCutsAreThoseOfOneByteAtATime(
      @ForAll @LongRange(min = 1, max = 1_000_000) long seed,
      @ForAll @IntRange(min = 0, max = 20_000) int length,
      @ForAll @IntRange(min = 64, max = 600) int min,
      @ForAll @IntRange(min = 1, max = 1500) int more,
      @ForAll @IntRange(min = 1, max = 3000) int most)
      throws Exception {
    ChunkSizes sizes = new ChunkSizes(min, min + more, min + more + most);
    byte[] bytes = knownBytes(length, seed);

    assertEquals(reference(sizes, bytes), lengths(new Chunker(sizes), bytes));
  }

  @Property(tries = 300)
  void theCutsAreTheSameInWhateverPiecesTheBytesCome(
      @ForAll @LongRange(min = 1, max = 1_000_000) long seed,
      @ForAll @IntRange(min = 0, max = 20_000) int length,
      @ForAll @IntRange(min = 64, max = 600) int min,
      @ForAll @IntRange(min = 1, max = 1500) int more,
      @ForAll @IntRange(min = 1, max = 3000) int most,
      @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 1, max = 5000) Integer> pieces)
      throws Exception {
    Chunker chunker = new Chunker(new ChunkSizes(min, min + more, min + more + most));
    byte[] bytes = knownBytes(length, seed);
    List<Integer> wanted = lengths(chunker, bytes);

    Chunker.Search search = new Chunker.Search();
    List<Integer> found = new ArrayList<>();
    int from = 0;
    int there = 0;
    for (int piece = 0; there < length; piece++) {
      there = Math.min(length, there + pieces.get(piece % pieces.size()));
      byte[] moved = Arrays.copyOfRange(bytes, from, there);
      int begun = 0;
      for (int cut; (cut = chunker.find(search, moved, begun, moved.length)) > 0; begun += cut) {
        found.add(cut);
      }
      from += begun;
    }

    assertEquals(wanted.subList(0, found.size()), found);
    int rest = length - from;
    assertTrue(found.size() == wanted.size() - (rest == 0 ? 0 : 1), found + " of " + wanted);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "16384, 16384"})
  void whatIsNoLongerThanTheMinimumIsOneChunk(int length, int chunk) throws Exception {
    assertEquals(chunk, new Chunker(SIZES).cut(knownBytes(length, 7), 0, length));
  }

  @Test
  void equalBytesWithoutAnyCutPointAreCutAtTheMaximum() {
    byte[] zeros = new byte[(256 << 10) * 2 + 100];

    assertEquals(List.of(256 << 10, 256 << 10, 100), lengths(new Chunker(SIZES), zeros));
  }

  @Test
  void mostLengthsFallAroundTheAverage() throws Exception {
    List<Integer> lengths = lengths(new Chunker(SIZES), knownBytes(64 << 20, 3));

    double mean = lengths.stream().mapToInt(Integer::intValue).average().orElseThrow();
    long near = lengths.stream().filter(length -> length > 32 << 10 && length < 128 << 10).count();
    assertTrue(mean > 64 << 10 && mean < 84 << 10, "mean " + mean);
    assertTrue(near > lengths.size() * 0.9, near + " of " + lengths.size());
    assertTrue(lengths.stream().allMatch(length -> length <= 256 << 10));
  }

  @Test
  void bytesPutInFrontChangeOnlyTheFirstChunks() throws Exception {
    byte[] bytes = knownBytes(8 << 20, 5);
    byte[] shifted = new byte[bytes.length + 1000];
    System.arraycopy(knownBytes(1000, 6), 0, shifted, 0, 1000);
    System.arraycopy(bytes, 0, shifted, 1000, bytes.length);

    Set<String> before = new HashSet<>(chunks(bytes));
    List<String> after = chunks(shifted);

    long found = after.stream().filter(before::contains).count();
    assertTrue(found > after.size() - 5, found + " of " + after.size());
  }

  @Test
  void aCutDependsNeitherOnWhatLiesBeforeTheChunkNorBehindItsEnd() throws Exception {
    byte[] bytes = knownBytes(1 << 20, 8);
    Chunker chunker = new Chunker(SIZES);
    int first = chunker.cut(bytes, 0, bytes.length);
    int second = chunker.cut(bytes, first, bytes.length);
    byte[] alone = Arrays.copyOfRange(bytes, first, first + second);

    assertEquals(second, chunker.cut(alone, 0, alone.length));
  }

  @ParameterizedTest
  @CsvSource({"63, 100, 200", "64, 64, 200", "64, 200, 200", "64, 100, 67108865"})
  void sizesThatMakeNoSenseAreRefused(int min, int avg, int max) {
    assertThrows(IllegalArgumentException.class, () -> new ChunkSizes(min, avg, max));
  }

  private static List<Integer> lengths(Chunker chunker, byte[] bytes) {
    List<Integer> lengths = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int length = chunker.cut(bytes, at, bytes.length);
      lengths.add(length);
      at += length;
    }
    return lengths;
  }

  private static List<String> chunks(byte[] bytes) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    List<String> names = new ArrayList<>();
    int at = 0;
    for (int length : lengths(new Chunker(SIZES), bytes)) {
      digest.update(bytes, at, length);
      names.add(HexFormat.of().formatHex(digest.digest()));
      at += length;
    }
    return names;
  }

  /** The algorithm as printed in the paper, one byte at a time. */
  private static List<Integer> reference(ChunkSizes sizes, byte[] bytes) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    long[] gear = new long[256];
    for (int value = 0; value < 256; value++) {
      gear[value] = ByteBuffer.wrap(digest.digest(new byte[] {(byte) value})).getLong();
    }
    int bits = (int) (Math.log(sizes.avg()) / Math.log(2) + 1e-9);
    List<Integer> lengths = new ArrayList<>();
    int from = 0;
    while (from < bytes.length) {
      long hash = 0;
      int length = Math.min(sizes.min(), bytes.length - from);
      while (length < Math.min(sizes.max(), bytes.length - from)) {
        int zeros = length < sizes.avg() ? bits + 2 : bits - 2;
        hash = (hash << 1) + gear[bytes[from + length] & 0xff];
        length++;
        if ((hash << 1) >>> (64 - zeros) == 0) {
          break;
        }
      }
      lengths.add(length);
      from += length;
    }
    return lengths;
  }

  /** Returns reproducible bytes: blocks of the SHA-256 of a seed and a counter. */
  private static byte[] knownBytes(int length, long seed) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    ByteBuffer block = ByteBuffer.allocate(2 * Long.BYTES);
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; at += 32) {
      byte[] random = digest.digest(block.clear().putLong(seed).putLong(at).array());
      System.arraycopy(random, 0, bytes, at, Math.min(32, length - at));
    }
    return bytes;
  }
}
