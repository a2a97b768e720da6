package narthex.replicas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.awaitility.core.ConditionTimeoutException;

/**
 * A replica that runs in a process of its own, as its clients see it.
 *
 * @param url without a slash at the end
 * @param output gives its log so far
 */
public record ReplicaServer(String url, Supplier<String> output) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** Waits until something is so. */
  public void await(String wanted, BooleanSupplier isSo) {
    try {
      Soon.await(wanted).until(isSo::getAsBoolean);
    } catch (ConditionTimeoutException e) {
      throw new AssertionError("not " + wanted + ":\n" + output.get(), e);
    }
  }

  /** The lines of its log that have one of these words. */
  public String lines(List<String> words) {
    return output
        .get()
        .lines()
        .filter(line -> words.stream().anyMatch(line::contains))
        .collect(Collectors.joining("\n"));
  }

  /** Whether its log says that it has stored this NAR. */
  public boolean hasStored(Sha256 narHash) {
    return output.get().contains(" nar stored hash=" + narHash.nix32());
  }

  /** Its narinfo of a sample, which it must have. */
  public NarInfo narInfo(Sample sample) throws IOException {
    try (InputStream body = open(sample.narInfoTarget())) {
      return NarInfo.parse(
          new String(body.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8));
    }
  }

  /** Opens the body of a response that must be a 200. */
  public InputStream open(String target) throws IOException {
    HttpResponse<InputStream> answer = get(target);
    assertEquals(200, answer.statusCode(), () -> target + "\n" + output.get());
    return answer.body();
  }

  /** Opens a response whose body is streamed. The fields are names and values in turn. */
  public HttpResponse<InputStream> get(String target, String... fields) throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + target));
    if (fields.length > 0) {
      request.headers(fields);
    }
    return send(request.timeout(PATIENCE), BodyHandlers.ofInputStream());
  }

  /** Uploads what must be new. */
  public void upload(String target, HttpRequest.BodyPublisher body) throws IOException {
    HttpResponse<String> answer =
        send(
            HttpRequest.newBuilder(URI.create(url + "/upload" + target)).PUT(body),
            BodyHandlers.ofString());
    assertEquals(201, answer.statusCode(), () -> answer.body() + "\n" + output.get());
  }

  private static <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body) throws IOException {
    try {
      return HTTP.send(request.build(), body);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
