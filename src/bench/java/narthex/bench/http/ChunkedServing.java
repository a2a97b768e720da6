package narthex.bench.http;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import narthex.bench.Figures;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.nix.Compression;

/**
 * Measures serving a NAR from its chunks: the frames, compared with nginx and a file of the same
 * length; and decoded, compared with nginx and a file of the NAR, and with one thread that only
 * decodes the same frames with zstd-jni.
 */
final class ChunkedServing {
  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));
  private static final long BYTES = Long.getLong("bench.megabytes", 128) * 1_000_000;
  private static final int[] CONNECTIONS = {1, 4, 16};
  private static final String FRAMES = "/frames.zst";
  private static final String DECODED = "/decoded.nar";
  private static final int WARM_UP_SECONDS = 5;
  private static final String ZSTD = "Accept-Encoding: zstd";

  private final Stage stage;

  ChunkedServing(Stage stage) {
    this.stage = stage;
  }

  void compare(NarthexServer narthex) throws IOException, InterruptedException {
    TreeNar tree = new TreeNar(TREE, BYTES);
    Fixtures.Entry entry =
        stage.fixtures().add("tree", out -> tree.write(Build.FIRST, out), Compression.NONE);
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      server.get(entry.narInfoPath(), (bytes, count) -> {});
      server.get(entry.narPath(), (bytes, count) -> {});
    }
    Path file = stage.staticFiles().resolve(FRAMES.substring(1));
    awaitFrames(narthex, entry, file);
    System.out.printf(
        "%nA tree as a NAR of %d MB, its frames %d MB%n",
        entry.nar().sizeBytes() / 1_000_000, Files.size(file) / 1_000_000);
    frames(narthex, entry);
    decoded(narthex, entry, Files.readAllBytes(file));
  }

  /**
   * Waits until the NAR is stored as chunks and downloads its frames; returns the last response.
   */
  static PlainHttp.Received awaitFrames(NarthexServer narthex, Fixtures.Entry entry, Path file)
      throws IOException, InterruptedException {
    Stage.quiet(narthex);
    try (PlainHttp server = new PlainHttp(narthex.port());
        OutputStream out = Files.newOutputStream(file)) {
      return server.get(
          entry.narPath(), ZSTD + "\r\n", (bytes, count) -> out.write(bytes, 0, count));
    }
  }

  private void frames(NarthexServer narthex, Fixtures.Entry entry)
      throws IOException, InterruptedException {
    try (PlainHttp client = new PlainHttp(narthex.port())) {
      stage.copy(client, entry.narPath(), "", DECODED);
    }
    List<String> paths = List.of(entry.narPath());
    for (int connections : CONNECTIONS) {
      stage.wrk().run(narthex.port(), connections, WARM_UP_SECONDS, List.of(ZSTD), paths);
      Stage.Contest frames =
          new Stage.Contest(
              "Frames of a chunked NAR", connections, Unit.MEGABYTES, List.of(ZSTD), "0.8");
      stage.compare(frames, "Narthex", narthex, paths, List.of(FRAMES));
    }
    for (int connections : CONNECTIONS) {
      stage.wrk().run(narthex.port(), connections, WARM_UP_SECONDS, paths);
      Stage.Contest decoded =
          new Stage.Contest("A chunked NAR, decoded", connections, Unit.MEGABYTES, "0.6");
      stage.compare(decoded, "Narthex", narthex, paths, List.of(DECODED));
    }
  }

  private void decoded(NarthexServer narthex, Fixtures.Entry entry, byte[] frames)
      throws IOException, InterruptedException {
    List<String> paths = List.of(entry.narPath());
    stage.wrk().run(narthex.port(), 1, WARM_UP_SECONDS, paths);
    Series theirs = new Series(Unit.MEGABYTES, ChunkedServing::ownProcessorTime);
    Series ours = new Series(Unit.MEGABYTES, narthex::processorTime);
    decodeAlone(frames);
    for (int round = 0; round < HttpBench.ROUNDS; round++) {
      theirs.run(() -> decodeAlone(frames));
      ours.run(stage.wrk(), narthex.port(), 1, paths);
    }
    String title = "A chunked NAR, decoded, 1 connection";
    Figures figures = new Figures(title + ", per MB of NAR");
    figures.add("zstd-jni alone, MB/s", theirs.rates());
    figures.add("Narthex, MB/s", ours.rates());
    figures.add("ratio, round by round", ours.rates(), theirs.rates());
    figures.add("zstd-jni alone, processor us/MB", theirs.costs());
    figures.add("Narthex, processor us/MB", ours.costs());
    figures.add("ratio of processor time", theirs.costs(), ours.costs());
    stage.report().add(title + ", MB/s", "zstd-jni", theirs.rates(), ours.rates(), "0.6");
  }

  private static Duration ownProcessorTime() {
    return Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }

  private static Wrk.Rates decodeAlone(byte[] frames) {
    byte[] chunk = new byte[1 << 20];
    long start = System.nanoTime();
    long bytes = 0;
    List<Integer> ends = new ArrayList<>();
    for (int at = 0; at < frames.length; ) {
      at += (int) Zstd.findFrameCompressedSize(frames, at);
      ends.add(at);
    }
    try (ZstdDecompressCtx context = new ZstdDecompressCtx()) {
      while (System.nanoTime() - start < HttpBench.SECONDS * 1_000_000_000L) {
        int from = 0;
        for (int end : ends) {
          bytes += context.decompressByteArray(chunk, 0, chunk.length, frames, from, end - from);
          from = end;
        }
      }
    }
    return new Wrk.Rates(0, bytes * 1e9 / (System.nanoTime() - start));
  }
}
