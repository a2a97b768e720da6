package narthex.bench.space;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import narthex.bench.TreeNar;
import narthex.bench.http.Fixtures;
import narthex.nix.Compression;

/**
 * The NARs that clients ask for: of 16 KiB to 8 MiB, each one file. Most bytes are random. A fifth
 * of the blocks are shared with other NARs, and another fifth compress to a half.
 */
final class WorkingSet {
  private static final int BLOCK_BYTES = 256 << 10;
  private static final long LEAST_BYTES = 16 << 10;
  private static final double DOUBLINGS = 9;
  private static final int SHARED_BLOCKS = 100;
  private static final int KINDS = 5;
  private static final double EXPONENT = 0.8;

  private final List<Fixtures.Entry> entries = new ArrayList<>();
  private final double[] cumulated;

  /** Adds NARs to an upstream until they have so many bytes. */
  WorkingSet(Fixtures upstream, long bytes) throws IOException {
    SplittableRandom random = new SplittableRandom(2);
    long sum = 0;
    while (sum < bytes) {
      long length = (long) (LEAST_BYTES * Math.pow(2, random.nextDouble() * DOUBLINGS));
      long seed = random.nextLong();
      Compression compression = entries.size() % 4 == 0 ? Compression.NONE : Compression.ZSTD;
      entries.add(
          upstream.add("set-" + entries.size(), out -> write(out, length, seed), compression));
      sum += length;
    }
    cumulated = new double[entries.size()];
    double weights = 0;
    for (int i = 0; i < cumulated.length; i++) {
      weights += 1 / Math.pow(i + 1, EXPONENT);
      cumulated[i] = weights;
    }
  }

  int size() {
    return entries.size();
  }

  Fixtures.Entry get(int index) {
    return entries.get(index);
  }

  /** Chooses a NAR: the first ones far more often than the last ones, as Zipf's law has it. */
  Fixtures.Entry choose(SplittableRandom random) {
    double at = random.nextDouble() * cumulated[cumulated.length - 1];
    int found = Arrays.binarySearch(cumulated, at);
    return entries.get(found < 0 ? -found - 1 : found);
  }

  private static void write(OutputStream out, long length, long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    TreeNar.beginFile(length, out);
    byte[] block = new byte[BLOCK_BYTES];
    for (long left = length; left > 0; left -= block.length) {
      fill(block, random);
      out.write(block, 0, (int) Math.min(block.length, left));
    }
    long padding = -length & 7;
    out.write(new byte[(int) padding]);
    TreeNar.endFile(out);
  }

  private static void fill(byte[] block, SplittableRandom random) {
    int kind = random.nextInt(KINDS);
    if (kind == 0) {
      new SplittableRandom(random.nextInt(SHARED_BLOCKS)).nextBytes(block);
      return;
    }
    random.nextBytes(block);
    for (int i = 0; kind == 1 && i < block.length; i++) {
      block[i] = (byte) ("0123456789abcdef".charAt(block[i] & 15));
    }
  }
}
