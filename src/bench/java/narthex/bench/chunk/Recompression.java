package narthex.bench.chunk;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.chunk.ChunkSizes;
import narthex.chunk.Chunker;
import narthex.stream.ZstdFrames;

/**
 * Compares a NAR in one zstd file at level 19, as upstreams send it, with its chunks in frames of
 * several lengths, and with the packs of a store before and after they are compressed again.
 */
final class Recompression {
  private static final int LEVEL = 19;
  private static final int USUAL_LEVEL = 3;
  private static final ChunkSizes SIZES = new ChunkSizes(16 << 10, 64 << 10, 256 << 10);
  private static final int[] GROUPS = {1, 256 << 10, 512 << 10, 1 << 20, 4 << 20};
  private static final int MEGA = 1_000_000;

  private static long yardstick;

  private Recompression() {}

  static void print(TreeNar tree, Path folder) throws IOException {
    Sample sample = Sample.plain(folder.resolve("tree.nar"), it -> tree.write(Build.FIRST, it));
    byte[] nar = Files.readAllBytes(sample.file());
    System.out.printf(Locale.ROOT, "%nA tree of %d MB in zstd%n", sample.narBytes() / MEGA);
    long start = System.nanoTime();
    yardstick = whole(nar, LEVEL);
    row("one file, level 19", yardstick, start);
    store(sample, folder.resolve("store"));
    start = System.nanoTime();
    row("a frame for each chunk, level 3", groups(nar, 1, USUAL_LEVEL), start);
    for (int bytes : GROUPS) {
      start = System.nanoTime();
      row("frames of up to " + bytes + " bytes, level 19", groups(nar, bytes, LEVEL), start);
    }
  }

  private static void store(Sample sample, Path folder) throws IOException {
    try (EagerStore store = new EagerStore(folder)) {
      store.store(sample);
      row("packs as they were stored", store.storedBytes(), System.nanoTime());
      read(store, sample);
      long start = System.nanoTime();
      store.compressAgain(LEVEL);
      row("packs compressed again", store.storedBytes(), start);
      read(store, sample);
    }
  }

  /** Reads twice and prints the second time. */
  private static void read(EagerStore store, Sample sample) throws IOException {
    store.read(sample);
    long start = System.nanoTime();
    row("  the advertised zstd file", store.read(sample), start);
    store.readStored(sample);
    start = System.nanoTime();
    row("  sent with the content coding zstd", store.readStored(sample), start);
    store.readDecoded(sample);
    start = System.nanoTime();
    row("  the NAR decoded from them", store.readDecoded(sample), start);
  }

  private static void row(String name, long bytes, long start) {
    System.out.printf(
        Locale.ROOT,
        "| %-42s | %12d | %6.3f | %7.2f s |%n",
        name,
        bytes,
        (double) bytes / yardstick,
        (System.nanoTime() - start) / 1e9);
  }

  private static long whole(byte[] nar, int level) throws IOException {
    long[] length = new long[1];
    OutputStream counting =
        new OutputStream() {
          @Override
          public void write(int one) {
            length[0]++;
          }

          @Override
          public void write(byte[] bytes, int offset, int count) {
            length[0] += count;
          }
        };
    try (OutputStream out = new ZstdOutputStreamNoFinalizer(counting, level).setChecksum(true)) {
      out.write(nar);
    }
    return length[0];
  }

  /** Compresses consecutive chunks in frames of up to so many bytes, at least one chunk in each. */
  private static long groups(byte[] nar, int most, int level) {
    Chunker chunker = new Chunker(SIZES);
    byte[] frame = new byte[ZstdFrames.largestFrame(Math.max(most, SIZES.max()))];
    long sum = 0;
    try (ZstdCompressCtx context =
        new ZstdCompressCtx().setLevel(level).setChecksum(true).setContentSize(true)) {
      int start = 0;
      for (int end = 0; end < nar.length; ) {
        int next = end + chunker.cut(nar, end, nar.length);
        if (next - start > most && end > start) {
          sum += context.compressByteArray(frame, 0, frame.length, nar, start, end - start);
          start = end;
        }
        end = next;
      }
      sum += context.compressByteArray(frame, 0, frame.length, nar, start, nar.length - start);
    }
    return sum;
  }
}
