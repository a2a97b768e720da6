package narthex.blob;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import narthex.testing.FakeS3;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials that AWS gives for a token in a file, as Kubernetes puts one into each pod. */
class WebIdentityTest {
  private static final String ROLE = "arn:aws:iam::123456789012:role/narthex";

  @TempDir private Path folder;
  private final FakeS3 bucket = FakeS3.start();
  private final Map<String, @Nullable String> before = new HashMap<>();
  private final List<Map<String, String>> asked = new CopyOnWriteArrayList<>();
  private HttpServer tokens;

  @BeforeEach
  void start() throws IOException {
    tokens = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    tokens.createContext("/", this::answer);
    tokens.start();
    Path file = Files.writeString(folder.resolve("token"), "a-signed-token");
    set("aws.roleArn", ROLE);
    set("aws.webIdentityTokenFile", file.toString());
    set("aws.region", "eu-central-1");
    set("aws.endpointUrlSts", "http://127.0.0.1:" + tokens.getAddress().getPort());
  }

  private void set(String name, String value) {
    before.put(name, System.setProperty(name, value));
  }

  @AfterEach
  void stop() {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
    tokens.stop(0);
    bucket.close();
  }

  /** Answers as AWS STS does. */
  private void answer(HttpExchange exchange) throws IOException {
    String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Map<String, String> fields = new TreeMap<>();
    for (String field : form.split("&")) {
      String[] parts = field.split("=", 2);
      fields.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    asked.add(fields);
    byte[] body =
        ("<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
                + "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>"
                + FakeS3.ACCESS_KEY
                + "</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>"
                + "<SessionToken>session</SessionToken><Expiration>"
                + Instant.now().plus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS)
                + "</Expiration></Credentials><AssumedRoleUser><Arn>"
                + ROLE
                + "</Arn><AssumedRoleId>id</AssumedRoleId></AssumedRoleUser>"
                + "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "text/xml");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Test
  void aTokenInAFileIsExchangedForCredentials() throws IOException {
    S3Access access =
        new S3Access(
            null,
            new S3Access.Limits(
                Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(20)),
            new S3Access.Objects(null, null, null));
    try (BlobStore store =
        S3BlobStore.open(
            new S3Address(FakeS3.BUCKET, "", URI.create(bucket.url()), null, S3Address.Style.PATH),
            access,
            folder.resolve("spools"))) {
      assertEquals(OptionalLong.empty(), store.find("nothing"));
    }

    assertEquals(1, asked.size());
    assertEquals("AssumeRoleWithWebIdentity", asked.get(0).get("Action"));
    assertEquals("a-signed-token", asked.get(0).get("WebIdentityToken"));
    assertEquals(ROLE, asked.get(0).get("RoleArn"));
    assertEquals("session", bucket.requests().get(0).headers().get("x-amz-security-token"));
  }
}
