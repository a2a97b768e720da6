package narthex.bench.space;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import narthex.bench.http.NarthexServer;

/** Runs jobs of the server, and measures what they take and what clients notice meanwhile. */
final class Jobs {
  static final String TOKEN = "bench-admin-token-0123456789";

  private final HttpClient http = HttpClient.newHttpClient();
  private final NarthexServer server;
  private final Latency latency;

  Jobs(NarthexServer server, Latency latency) {
    this.server = server;
    this.latency = latency;
  }

  /** Runs a job to its end, and asks for narinfos meanwhile. */
  void run(String job) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.port() + "/admin/jobs/" + job))
            .header("Authorization", "Bearer " + TOKEN)
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    Duration before = server.processorTime();
    long start = System.nanoTime();
    CompletableFuture<HttpResponse<String>> running =
        http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    var millis = latency.runWhile(() -> !running.isDone());
    double seconds = RowsBench.seconds(start);
    HttpResponse<String> answer = running.join();
    if (answer.statusCode() != 200) {
      throw new IOException(job + ": " + answer.statusCode() + " " + answer.body());
    }
    String[] lines = answer.body().strip().split("\n", -1);
    System.out.printf(
        Locale.ROOT,
        "%s: %.1f s, processor time %.1f s, RSS %.0f MB%n  %s%n",
        job,
        seconds,
        server.processorTime().minus(before).toMillis() / 1e3,
        server.residentMegabytes(),
        lines[lines.length - 1]);
    latency.print("narinfo meanwhile", millis);
  }
}
