package narthex.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.testing.node.Sample;

/** Sends requests for samples to the deployed WAR. */
final class WarClient {
  static final Duration SOON = Duration.ofSeconds(60);

  private final String context;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  WarClient(String context) {
    this.context = context;
  }

  /** The path of a NAR file. */
  static String path(NarFileName name) {
    return "/nar/" + name.print();
  }

  /** A header of a response; empty if it is missing. */
  static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse("");
  }

  <T> HttpResponse<T> ask(String target, HttpResponse.BodyHandler<T> handler, String... headers)
      throws IOException {
    HttpRequest.Builder request = HttpRequest.newBuilder(BuiltWar.at(context + target));
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return http.send(request.timeout(SOON).build(), handler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  HttpResponse<byte[]> get(String target, String... headers) throws IOException {
    return ask(target, BodyHandlers.ofByteArray(), headers);
  }

  /** The narinfo of a sample, which must have the signature of the upstream's key. */
  NarInfo narInfo(Sample sample) throws IOException {
    HttpResponse<byte[]> answer = get(sample.narInfoTarget());
    assertEquals(200, answer.statusCode());
    NarInfo told = NarInfo.parse(new String(answer.body(), StandardCharsets.UTF_8));
    assertTrue(told.isSignedBy(List.of(Sample.KEY.publicKey())));
    return told;
  }
}
