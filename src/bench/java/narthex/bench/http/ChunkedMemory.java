package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/** Measures the memory that a server takes to ingest one NAR as chunks and to serve it. */
final class ChunkedMemory {
  static final List<String> MEBIBYTES =
      List.of(System.getProperty("bench.mebibytes", "64,1024,4096").split(",", -1));

  private static final int RANGES = 21;
  private static final int RANGE_BYTES = 1 << 20;

  private final Fixtures fixtures;
  private final Fixtures.Entry entry;

  /** Creates an incompressible NAR. */
  ChunkedMemory(Fixtures fixtures, long fileBytes) throws IOException {
    this.fixtures = fixtures;
    this.entry = fixtures.add("memory", fileBytes, Compression.NONE);
  }

  /** Downloads the NAR before it is stored, from its chunks, and as frames. */
  void print(NarthexServer narthex) throws IOException, InterruptedException {
    System.out.printf("%nEager, a NAR of %d MiB, -Xmx256m%n", entry.nar().sizeBytes() >> 20);
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      server.get(entry.narInfoPath(), (bytes, count) -> {});
    }
    get("cold", narthex);
    Path frames = Files.createTempFile("narthex-bench-", ".zst");
    try {
      long start = System.nanoTime();
      print("frames", ChunkedServing.awaitFrames(narthex, entry, frames), start, narthex);
    } finally {
      Files.delete(frames);
    }
    get("decoded", narthex);
    get("decoded again", narthex);
    ranges(narthex);
  }

  /** Requests the NAR in ranges of 1 MiB, from its start to its end. */
  private void ranges(NarthexServer narthex) throws IOException {
    long last = entry.nar().sizeBytes() - RANGE_BYTES;
    List<Double> millis = new ArrayList<>();
    for (int i = 0; i < RANGES; i++) {
      long from = last / (RANGES - 1) * i;
      String range =
          String.format(Locale.ROOT, "Range: bytes=%d-%d\r\n", from, from + RANGE_BYTES - 1);
      try (PlainHttp server = new PlainHttp(narthex.port())) {
        PlainHttp.Received received = server.get(entry.narPath(), range, (bytes, count) -> {});
        millis.add(received.firstByteNanos() / 1e6);
      }
    }
    new Figures(String.format(Locale.ROOT, "First byte of %d ranges all over it", RANGES))
        .add("ms", millis);
  }

  private void get(String state, NarthexServer narthex) throws IOException {
    MessageDigest digest = Fixtures.sha256();
    long start = System.nanoTime();
    try (PlainHttp server = new PlainHttp(narthex.port())) {
      PlainHttp.Received received =
          server.get(entry.narPath(), (bytes, count) -> digest.update(bytes, 0, count));
      NarId got = new NarId(Sha256.of(digest.digest()), received.bytes());
      if (!got.equals(entry.nar())) {
        throw new IOException("got %s, expected %s".formatted(got, entry.nar()));
      }
      print(state, received, start, narthex);
    }
  }

  private static void print(
      String state, PlainHttp.Received received, long start, NarthexServer narthex)
      throws IOException {
    long nanos = System.nanoTime() - start;
    System.out.printf(
        "%-13s: %4.0f MB/s, first byte after %5.1f ms; %s%n",
        state, received.bytes() * 1e3 / nanos, received.firstByteNanos() / 1e6, narthex.memory());
  }

  /** Deletes the NAR. */
  void remove() throws IOException {
    fixtures.remove(entry);
  }
}
