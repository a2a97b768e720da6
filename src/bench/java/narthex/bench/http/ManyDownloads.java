package narthex.bench.http;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.NarId;
import narthex.nix.Sha256;

/** Many clients that download one NAR at the same time and check every byte. */
final class ManyDownloads {
  private ManyDownloads() {}

  /**
   * Downloads the NAR with so many clients at once.
   *
   * @return seconds from the first request to the last byte
   * @throws IOException if a client got other bytes
   */
  static double run(int port, Fixtures.Entry entry, int clients)
      throws IOException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(clients);
    try {
      long start = System.nanoTime();
      List<Future<NarId>> downloads = new ArrayList<>();
      for (int i = 0; i < clients; i++) {
        downloads.add(threads.submit(() -> download(port, entry.narPath())));
      }
      for (Future<NarId> download : downloads) {
        NarId got = download.get();
        if (!got.equals(entry.file())) {
          throw new IOException("got %s, expected %s".formatted(got, entry.file()));
        }
      }
      return (System.nanoTime() - start) / 1e9;
    } catch (ExecutionException e) {
      throw new IOException("a download failed: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  private static NarId download(int port, String path) throws IOException {
    while (true) {
      try {
        return downloadOnce(port, path);
      } catch (PlainHttp.RefusedException busy) {
        // after a minute in the queue for a thread; clients try again
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
