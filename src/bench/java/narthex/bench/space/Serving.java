package narthex.bench.space;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import narthex.bench.Figures;
import narthex.bench.http.NarthexServer;
import narthex.bench.http.PlainHttp;

/**
 * What clients of a server notice: one asks for narinfos of random paths, with a short pause after
 * each ten, and another one reads the same few NARs again and again.
 */
final class Serving {
  private static final int PAUSE_EVERY = 10;
  private static final int PAUSE_MILLIS = 10;

  private final NarthexServer server;
  private final int paths;
  private final List<String> nars;
  private final SplittableRandom random = new SplittableRandom(3);

  /**
   * @param paths how many narinfos there are
   * @param nars the HTTP paths of the NARs to read
   */
  Serving(NarthexServer server, int paths, List<String> nars) {
    this.server = server;
    this.paths = paths;
    this.nars = nars;
  }

  /**
   * What the clients noticed.
   *
   * @param narInfos milliseconds of each narinfo request
   * @param narMegabytesPerSecond throughput of the NARs
   * @param residentMegabytes the largest RSS of the server that was seen
   */
  record Noticed(List<Double> narInfos, double narMegabytesPerSecond, double residentMegabytes) {
    /** The quantile of the narinfo requests, such as the median for 0.5. */
    double narInfo(double part) {
      return narInfos.isEmpty() ? Double.NaN : Figures.rank(narInfos, part);
    }
  }

  /** Both clients work while the condition holds. */
  Noticed runWhile(BooleanSupplier condition) throws IOException, InterruptedException {
    long start = System.nanoTime();
    CompletableFuture<Double> reading =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return readWhile(condition);
              } catch (IOException e) {
                throw new CompletionException(e);
              }
            });
    List<Double> millis = new ArrayList<>();
    double resident = 0;
    try (PlainHttp http = new PlainHttp(server.port())) {
      while (condition.getAsBoolean()) {
        for (int i = 0; i < PAUSE_EVERY; i++) {
          millis.add(askForNarInfo(http));
        }
        resident = Math.max(resident, server.residentMegabytes());
        Thread.sleep(PAUSE_MILLIS);
      }
    }
    double megabytes = reading.join();
    return new Noticed(millis, megabytes / ((System.nanoTime() - start) / 1e9), resident);
  }

  /** Asks for narinfos only. Returns the milliseconds of each request. */
  List<Double> askForNarInfos(int count) throws IOException {
    List<Double> millis = new ArrayList<>();
    try (PlainHttp http = new PlainHttp(server.port())) {
      while (millis.size() < count) {
        millis.add(askForNarInfo(http));
      }
    }
    return millis;
  }

  private double askForNarInfo(PlainHttp http) throws IOException {
    String path = "/" + Rows.pathHash(random.nextInt(paths)) + ".narinfo";
    long start = System.nanoTime();
    http.get(path, (bytes, length) -> {});
    return (System.nanoTime() - start) / 1e6;
  }

  private double readWhile(BooleanSupplier condition) throws IOException {
    long bytes = 0;
    try (PlainHttp http = new PlainHttp(server.port())) {
      for (int i = 0; condition.getAsBoolean(); i++) {
        bytes += http.get(nars.get(i % nars.size()), (buffer, length) -> {}).bytes();
      }
    }
    return bytes / 1e6;
  }
}
