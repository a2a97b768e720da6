package narthex.bench.http;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/** Many clients that download one NAR at the same time and check every byte. */
final class ManyDownloads {
  /**
   * How the downloads went.
   *
   * @param seconds from the first request to the last byte
   * @param refused answers 503; their clients asked again
   */
  record Result(double seconds, int refused) {}

  private ManyDownloads() {}

  /**
   * Downloads the NAR with so many clients at once.
   *
   * @throws IOException if a client got other bytes
   */
  static Result run(int port, Fixtures.Entry entry, int clients)
      throws IOException, InterruptedException {
    AtomicInteger refused = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      long start = System.nanoTime();
      List<Future<NarId>> downloads = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        downloads.add(threads.submit(() -> download(port, entry.narPath(), refused)));
      }
      for (Future<NarId> download : downloads) {
        NarId got = download.get();
        if (!got.equals(entry.file())) {
          throw new IOException("got %s, expected %s".formatted(got, entry.file()));
        }
      }
      return new Result((System.nanoTime() - start) / 1e9, refused.get());
    } catch (ExecutionException e) {
      throw new IOException("a download failed: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static NarId download(int port, String path, AtomicInteger refused) throws IOException {
    while (true) {
      try {
        return downloadOnce(port, path);
      } catch (PlainHttp.RefusedException busy) {
        refused.incrementAndGet();
      }
    }
  }

  private static NarId downloadOnce(int port, String path) throws IOException {
    MessageDigest digest = Fixtures.sha256();
    try (PlainHttp server = new PlainHttp(port)) {
      long bytes = server.get(path, (buffer, count) -> digest.update(buffer, 0, count)).bytes();
      return new NarId(Sha256.of(digest.digest()), bytes);
    }
  }
}
