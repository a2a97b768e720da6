package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs a job on a server, through its administration. */
final class RemoteJob {
  private static final Duration CONNECT = Duration.ofSeconds(20);

  /** Longest time without a line: several times that of the server. */
  private static final Duration SILENCE = Duration.ofMinutes(1);

  private static final int OK = 200;
  private static final int BAD_REQUEST = 400;
  private static final int NOT_FOUND = 404;

  private final URI server;
  private final @Nullable String token;
  private final Duration silence;
  private final Proxies proxies = new Proxies(System.getenv());

  /**
   * @param token the token of an administrator; null for none
   */
  RemoteJob(URI server, @Nullable String token) {
    this(server, token, SILENCE);
  }

  /**
   * @param silence after this time without a line or an answer, the server counts as gone
   */
  RemoteJob(URI server, @Nullable String token, Duration silence) {
    this.server = server;
    this.token = token;
    this.silence = silence;
  }

  /** Runs the job, and shows it. Returns the exit status. */
  int run(String name, Map<String, String> options, JobReport report) {
    try {
      HttpResponse<InputStream> answer = client().send(request(name, options), lines());
      try (SteadyLines lines = new SteadyLines(answer.body(), silence)) {
        if (answer.statusCode() != OK) {
          return refused(answer.statusCode(), lines.next(), report);
        }
        for (String line = lines.next(); line != null; line = lines.next()) {
          report.show(line);
        }
      }
    } catch (HttpConnectTimeoutException | ConnectException e) {
      report.fail("cannot connect to " + server);
    } catch (HttpTimeoutException e) {
      report.fail(server + ": no sign of life for " + silence.toSeconds() + " seconds");
    } catch (IOException e) {
      report.fail(server + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      report.fail("interrupted");
    }
    return report.end();
  }

  private static HttpResponse.BodyHandler<InputStream> lines() {
    return BodyHandlers.ofInputStream();
  }

  private HttpClient client() {
    return HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(CONNECT)
        .proxy(proxies)
        .build();
  }

  private HttpRequest request(String name, Map<String, String> options) {
    String query =
        options.entrySet().stream()
            .map(option -> encode(option.getKey()) + "=" + encode(option.getValue()))
            .collect(Collectors.joining("&"));
    String base = server.toString().replaceAll("/+$", "");
    URI url = URI.create(base + "/admin/jobs/" + name + (query.isEmpty() ? "" : "?" + query));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url).timeout(silence).POST(BodyPublishers.noBody());
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    proxies.authorization(url).ifPresent(login -> request.header("Proxy-Authorization", login));
    return request.build();
  }

  private static int refused(int status, @Nullable String reason, JobReport report) {
    report.fail("refused (" + status + "): " + (reason == null ? "" : reason));
    return status == BAD_REQUEST || status == NOT_FOUND ? JobReport.USAGE : report.end();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
