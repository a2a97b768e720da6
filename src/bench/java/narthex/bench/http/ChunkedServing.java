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
 * length; and decoded, compared with one thread that only decodes the same frames with zstd-jni.
 */
final class ChunkedServing {
  private static final Path TREE = Path.of(System.getProperty("bench.tree", "/usr"));
  private static final long BYTES = Long.getLong("bench.megabytes", 128) * 1_000_000;
  private static final int FRAMES_CONNECTIONS = 2;
  private static final int WARM_UP_SECONDS = 5;
  private static final int STORED_ATTEMPTS = 600;
  private static final int STORED_WAIT_MILLIS = 100;
  private static final String ZSTD = "Accept-Encoding: zstd";

  private final Fixtures fixtures;
  private final Wrk wrk;
  private final Nginx nginx;
  private final Path staticFiles;

  ChunkedServing(Fixtures fixtures, Wrk wrk, Nginx nginx, Path staticFiles) {
    this.fixtures = fixtures;
    this.wrk = wrk;
    this.nginx = nginx;
    this.staticFiles = staticFiles;
  }

  void compare(NarthexServer narthex) throws IOException, InterruptedException {
    TreeNar tree = new TreeNar(TREE, BYTES);
    Fixtures.Entry entry =
        fixtures.add("tree", out -> tree.write(Build.FIRST, out), Compression.NONE);
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      server.get(entry.narInfoPath(), (bytes, count) -> {});
      server.get(entry.narPath(), (bytes, count) -> {});
    }
    Path file = staticFiles.resolve("frames.zst");
    awaitFrames(narthex, entry, file);
    System.out.printf(
        "%nA tree as a NAR of %d MB, its frames %d MB%n",
        entry.nar().sizeBytes() / 1_000_000, Files.size(file) / 1_000_000);
    frames(narthex, entry, file);
    decoded(narthex, entry, Files.readAllBytes(file));
  }

  /**
   * Waits until the NAR is stored as chunks and downloads its frames; returns the last response.
   */
  static PlainHttp.Received awaitFrames(NarthexServer narthex, Fixtures.Entry entry, Path file)
      throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try (PlainHttp server = new PlainHttp(narthex.port());
          OutputStream out = Files.newOutputStream(file)) {
        return server.get(
            entry.narPath(), ZSTD + "\r\n", (bytes, count) -> out.write(bytes, 0, count));
      } catch (IOException noLengthYet) {
        if (attempt == STORED_ATTEMPTS) {
          throw noLengthYet;
        }
        Thread.sleep(STORED_WAIT_MILLIS);
      }
    }
  }

  private void frames(NarthexServer narthex, Fixtures.Entry entry, Path file)
      throws IOException, InterruptedException {
    List<String> theirPaths = List.of("/" + file.getFileName());
    List<String> ourPaths = List.of(entry.narPath());
    load(narthex.port(), FRAMES_CONNECTIONS, WARM_UP_SECONDS, ourPaths);
    Series theirs = new Series(Unit.MEGABYTES, nginx::processorTime);
    Series ours = new Series(Unit.MEGABYTES, narthex::processorTime);
    for (int round = 0; round < HttpBench.ROUNDS; round++) {
      theirs.run(() -> load(nginx.staticPort(), FRAMES_CONNECTIONS, HttpBench.SECONDS, theirPaths));
      ours.run(() -> load(narthex.port(), FRAMES_CONNECTIONS, HttpBench.SECONDS, ourPaths));
    }
    print("Frames of a chunked NAR, 2 connections, per MB of frames", "nginx", theirs, ours);
  }

  private Wrk.Rates load(int port, int connections, int seconds, List<String> paths)
      throws IOException, InterruptedException {
    return wrk.run(port, connections, seconds, List.of(ZSTD), paths);
  }

  private void decoded(NarthexServer narthex, Fixtures.Entry entry, byte[] frames)
      throws IOException, InterruptedException {
    List<String> paths = List.of(entry.narPath());
    wrk.run(narthex.port(), 1, WARM_UP_SECONDS, paths);
    Series theirs = new Series(Unit.MEGABYTES, ChunkedServing::ownProcessorTime);
    Series ours = new Series(Unit.MEGABYTES, narthex::processorTime);
    decodeAlone(frames);
    for (int round = 0; round < HttpBench.ROUNDS; round++) {
      theirs.run(() -> decodeAlone(frames));
      ours.run(wrk, narthex.port(), 1, paths);
    }
    print("The same decoded, 1 connection, per MB of NAR", "zstd-jni alone", theirs, ours);
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

  private static void print(String title, String yardstick, Series theirs, Series ours) {
    Figures figures = new Figures(title);
    figures.add(yardstick + ", MB/s", theirs.rates());
    figures.add("Narthex, MB/s", ours.rates());
    figures.add("ratio, round by round", ours.rates(), theirs.rates());
    figures.add(yardstick + ", processor us/MB", theirs.costs());
    figures.add("Narthex, processor us/MB", ours.costs());
    figures.add("ratio of processor time", theirs.costs(), ours.costs());
  }
}
