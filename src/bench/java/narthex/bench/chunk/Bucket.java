package narthex.bench.chunk;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.bench.Figures;
import narthex.bench.TreeNar;
import narthex.bench.TreeNar.Build;
import narthex.blob.BlobStore;
import narthex.blob.CachedBlobStore;
import narthex.blob.S3Access;
import narthex.blob.S3Address;
import narthex.blob.S3BlobStore;
import narthex.testing.FakeS3;

/**
 * Counts the requests to an S3 server for two near-identical trees in chunks, and compares reading
 * from the local copies with reading from a directory.
 */
final class Bucket {
  private static final long COPIES_BYTES = 10L << 30;
  private static final double GIGABYTE = 1e9;
  private static final double MEGABYTE = 1e6;

  private final Path folder;
  private final int rounds;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  Bucket(Path folder, int rounds) {
    this.folder = folder;
    this.rounds = rounds;
  }

  void print(TreeNar tree) throws IOException {
    Sample first = Sample.plain(folder.resolve("first.nar"), it -> tree.write(Build.FIRST, it));
    Sample second = Sample.plain(folder.resolve("second.nar"), it -> tree.write(Build.SECOND, it));
    try (FakeS3 server = FakeS3.start()) {
      System.out.printf("%nRequests to the S3 server%n");
      try (EagerStore store = open(server, "writing")) {
        store.store(first);
        row("first tree stored", server, server.bytes());
        long before = server.bytes();
        store.store(second);
        row("second tree stored", server, server.bytes() - before);
      }
      try (EagerStore store = open(server, "cold-first")) {
        server.clearRequests();
        row("first tree served, cold", server, store.read(first));
      }
      try (EagerStore store = open(server, "cold-second")) {
        server.clearRequests();
        row("second tree served, cold", server, store.read(second));
        row("second tree served, warm", server, store.read(second));
      }
      try (EagerStore store = open(server, "cold-first")) {
        server.clearRequests();
        row("second tree after the first", server, store.read(second));
      }
      try (EagerStore store = open(server, "cold-second")) {
        try (EagerStore directory = new EagerStore(folder.resolve("directory"))) {
          directory.store(first); // so that the chunks of the second one lie as in the bucket
          directory.store(second);
          compare(second, store, directory);
        }
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private void compare(Sample sample, EagerStore copies, EagerStore directory) throws IOException {
    List<Double> ours = new ArrayList<>();
    List<Double> yardstick = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      double fromCopies = speed(sample, copies);
      double fromDirectory = speed(sample, directory);
      if (round > 0) {
        ours.add(fromCopies);
        yardstick.add(fromDirectory);
      }
    }
    Figures figures = new Figures("Reading the frames of a tree, MB/s");
    figures.add("from local copies of a bucket", ours);
    figures.add("from a directory", yardstick);
    figures.add("ratio", ours, yardstick);
  }

  private static double speed(Sample sample, EagerStore store) throws IOException {
    long start = System.nanoTime();
    long bytes = store.read(sample);
    return bytes / MEGABYTE / ((System.nanoTime() - start) / GIGABYTE);
  }

  /** All stores share the rows, and each has local copies of its own. */
  private EagerStore open(FakeS3 server, String copies) throws IOException {
    S3BlobStore bucket =
        S3BlobStore.open(
            new S3Address(FakeS3.BUCKET, "", URI.create(server.url()), null, S3Address.Style.PATH),
            new S3Access(
                new S3Access.Keys(FakeS3.ACCESS_KEY, "secret"),
                new S3Access.Limits(
                    Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofSeconds(20)),
                new S3Access.Objects(null, null, null)),
            folder.resolve("spools"));
    server.clearRequests();
    BlobStore store =
        CachedBlobStore.open(
            bucket, Files.createDirectories(folder.resolve(copies)), COPIES_BYTES, threads);
    return new EagerStore(folder.resolve("rows"), store);
  }

  private static void row(String name, FakeS3 server, long bytes) {
    int requests = server.requests().size();
    System.out.printf(
        Locale.ROOT,
        "| %-27s | %6d requests | %6d objects | %6.1f MB | %6.0f requests per GB |%n",
        name,
        requests,
        server.requests().stream().map(FakeS3.Request::name).distinct().count(),
        bytes / MEGABYTE,
        requests / (bytes / GIGABYTE));
    server.clearRequests();
  }
}
