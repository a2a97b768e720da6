package narthex.bench.chunk;

import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;
import narthex.bench.Leftovers;
import narthex.nix.Compression;
import org.tukaani.xz.XZInputStream;

/**
 * Measures eager ingestion, from a file to committed rows. The yardstick is the least work that a
 * single thread must do: decode the same file (xz-java, zstd-jni), or hash an uncompressed NAR.
 */
final class Ingestion {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final OperatingSystemMXBean MACHINE =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final Path folder;
  private final int rounds;
  private int stores;

  Ingestion(Path folder, int rounds) {
    this.folder = folder;
    this.rounds = rounds;
  }

  private interface Work {
    void run() throws IOException;
  }

  /** Megabytes of NAR per second of wall time, and per second of this JVM's CPU time. */
  private record Rates(List<Double> wall, List<Double> busy) {
    Rates() {
      this(new ArrayList<>(), new ArrayList<>());
    }

    void measure(long bytes, Work work) throws IOException {
      long processorBefore = MACHINE.getProcessCpuTime();
      long before = System.nanoTime();
      work.run();
      wall.add(bytes * 1e3 / (System.nanoTime() - before));
      busy.add(bytes * 1e3 / (MACHINE.getProcessCpuTime() - processorBefore));
    }
  }

  /** Measures one file in several rounds, each into an empty store, and prints the results. */
  void compare(String title, Sample sample) throws IOException {
    Rates alone = new Rates();
    Rates ours = new Rates();
    alone(sample);
    store(sample, new Rates());
    for (int round = 0; round < rounds; round++) {
      alone.measure(sample.narBytes(), () -> alone(sample));
      store(sample, ours);
    }
    String yardstick =
        switch (sample.name().compression()) {
          case XZ -> "xz-java";
          case ZSTD -> "zstd-jni";
          default -> "SHA-256";
        };
    Figures figures =
        new Figures(
            String.format(
                Locale.ROOT,
                "%s: %d MB of NAR, %d MB of file",
                title,
                sample.narBytes() / 1_000_000,
                sample.fileBytes() / 1_000_000));
    figures.add(yardstick + " alone, MB/s", alone.wall);
    figures.add("ingestion, MB/s", ours.wall);
    figures.add("ratio, round by round", ours.wall, alone.wall);
    figures.add(yardstick + " alone, MB/processor s", alone.busy);
    figures.add("ingestion, MB/processor s", ours.busy);
  }

  private void store(Sample sample, Rates rates) throws IOException {
    Path place = folder.resolve("store-" + stores++);
    try (EagerStore store = new EagerStore(place)) {
      rates.measure(sample.narBytes(), () -> store.store(sample));
    }
    Leftovers.remove(place);
  }

  private static void alone(Sample sample) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    MessageDigest digest = Sample.sha256();
    boolean plain = sample.name().compression() == Compression.NONE;
    long bytes = 0;
    try (InputStream in = open(sample)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        bytes += count;
        if (plain) {
          digest.update(buffer, 0, count);
        }
      }
    }
    if (bytes != sample.narBytes()) {
      throw new IOException(
          String.format(Locale.ROOT, "decoded %d of %d bytes", bytes, sample.narBytes()));
    }
  }

  private static InputStream open(Sample sample) throws IOException {
    InputStream file = Files.newInputStream(sample.file());
    return switch (sample.name().compression()) {
      case XZ -> new XZInputStream(new BufferedInputStream(file, BUFFER_BYTES));
      case ZSTD -> new com.github.luben.zstd.ZstdInputStreamNoFinalizer(file);
      default -> file;
    };
  }
}
