package narthex.bench.space;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import narthex.bench.Machine;
import narthex.bench.http.NarthexServer;

/**
 * Runs jobs of the server, measures what they take and what clients notice meanwhile, and prints a
 * Markdown table.
 */
final class Jobs {
  static final String TOKEN = "bench-admin-token-0123456789";

  private static final String NO_JOB = "none";

  private final HttpClient http = HttpClient.newHttpClient();
  private final Machine machine = new Machine();
  private final List<String> rows = new ArrayList<>();
  private final NarthexServer server;
  private final Serving serving;
  private final int paths;

  /**
   * @param paths how many narinfos there are
   */
  Jobs(NarthexServer server, Serving serving, int paths) {
    this.server = server;
    this.serving = serving;
    this.paths = paths;
  }

  /** Serves for some seconds without a job. */
  void serveOnly(int seconds) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    measure(NO_JOB, () -> System.nanoTime() < end);
  }

  /** Runs a job to its end, and serves meanwhile. */
  void run(String job) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/admin/jobs/" + job))
            .header("Authorization", "Bearer " + TOKEN)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    CompletableFuture<HttpResponse<String>> running =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    measure(job, () -> !running.isDone());
    HttpResponse<String> answer = running.join();
    if (answer.statusCode() != 200) {
      throw new IOException(job + ": " + answer.statusCode() + " " + answer.body());
    }
    String[] lines = answer.body().strip().split("\n", -1);
    System.out.println("  " + lines[lines.length - 1]);
  }

  private void measure(String name, BooleanSupplier condition)
      throws IOException, InterruptedException {
    int heapLog = server.heapLogLength();
    Duration before = server.processorTime();
    long start = System.nanoTime();
    Serving.Noticed noticed = serving.runWhile(condition);
    double seconds = (System.nanoTime() - start) / 1e9;
    NarthexServer.Heap heap = server.heap(heapLog);
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %.1f | %s | %.1f | %d (%d) | %.0f | %.2f | %.2f | %.0f |",
            name,
            seconds,
            NO_JOB.equals(name) ? "" : Math.round(paths / seconds),
            server.processorTime().minus(before).toMillis() / 1e3,
            heap.used(),
            heap.live(),
            noticed.residentMegabytes(),
            noticed.narInfo(0.5),
            noticed.narInfo(0.99),
            noticed.narMegabytesPerSecond());
    rows.add(row);
    System.out.println(row + " " + noticed.narInfos().size() + " narinfo requests");
  }

  /** Prints the table, with the machine and its load. */
  void print() {
    System.out.printf("%n%s.%n%n", machine.describe());
    System.out.println(
        "| job | seconds | narinfos/s | processor time, s | heap peak (after a collection), MB"
            + " | RSS peak, MB | narinfo median, ms | p99, ms | NARs, MB/s |");
    System.out.println("|---|---|---|---|---|---|---|---|---|");
    rows.forEach(System.out::println);
  }
}
