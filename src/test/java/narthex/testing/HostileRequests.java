package narthex.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import narthex.testing.RawClient.Answer;

/**
 * Requests that no honest client sends. Every server must refuse them without revealing anything
 * about itself, and then serve the next request.
 *
 * @param port the port of the server
 * @param context the context path of the application; empty at the root
 */
public record HostileRequests(int port, String context) {
  /** Statuses of a refusal by Narthex, or by the server before Narthex sees the request. */
  private static final Set<Integer> REFUSED = Set.of(400, 404, 405, 413, 414, 417, 431, 501);

  private static final int MAX_REFUSAL = 600;

  /** Words that reveal the server's software: products, packages, files. */
  private static final List<String> GIVEAWAYS =
      List.of(
          "tomcat",
          "apache",
          "coyote",
          "wildfly",
          "undertow",
          "jboss",
          "redhat",
          "exception",
          "java.",
          "jakarta",
          "narthex.",
          ".java",
          "/tmp",
          "/root",
          "/home",
          System.getProperty("user.dir").toLowerCase(Locale.ROOT),
          "it-data",
          "web-inf",
          "root:",
          "<web-app");

  /** A valid hash of nothing stored. */
  private static final String HASH = "0".repeat(32);

  private static final String STEM = "0".repeat(52);

  /** Invalid names of narinfos and NARs. */
  public static List<String> malformedNames() {
    return List.of(
        "/.narinfo",
        "/0.narinfo",
        "/" + "0".repeat(31) + ".narinfo",
        "/" + "0".repeat(33) + ".narinfo",
        "/" + "0".repeat(4000) + ".narinfo",
        "/" + "A".repeat(32) + ".narinfo",
        "/" + "e".repeat(32) + ".narinfo",
        "/" + "t".repeat(32) + ".narinfo",
        "/%C3%A9" + "0".repeat(31) + ".narinfo",
        "/%FF%FE" + "0".repeat(30) + ".narinfo",
        "/%20" + "0".repeat(31) + ".narinfo",
        "/%0d%0aSet-Cookie:%20a=b" + HASH + ".narinfo",
        "/%1b[31m" + HASH + ".narinfo",
        "/<script>" + HASH + ".narinfo",
        "/x/" + HASH + ".narinfo",
        "/nar",
        "/nar/",
        "/nar/" + STEM,
        "/nar/" + STEM + ".nar.exe",
        "/nar/" + STEM + ".nar/x",
        "/nar/" + STEM.replace('0', 'Z') + ".nar",
        "/nar/" + "0".repeat(51) + ".nar",
        "/nar/" + "0".repeat(4000) + ".nar.xz",
        "/nar/sha256:" + STEM + ".nar");
  }

  /** Paths that try to reach files outside the application. */
  public static List<String> wanderingPaths() {
    return List.of(
        "/../../../../etc/passwd",
        "/nar/../../../../../../etc/passwd",
        "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/nar/%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/nar/..%5c..%5c..%5cetc%5cpasswd",
        "/nar/..\\..\\..\\etc\\passwd",
        "/nar/%252e%252e/%252e%252e/etc/passwd",
        "/nar/%c0%ae%c0%ae/%c0%ae%c0%ae/etc/passwd",
        "/nar/....//....//etc/passwd",
        "/%00",
        "/" + HASH + "%00.narinfo",
        "/" + HASH + ".narinfo%00",
        "/nar/" + STEM + ".nar%00.xz",
        "/WEB-INF/web.xml",
        "/WEB-INF/web.xml;x",
        "/WEB-INF;x/web.xml",
        "/web-inf/web.xml",
        "/%57EB-INF/web.xml",
        "/WEB-INF%2fweb.xml",
        "/./WEB-INF/web.xml",
        "//WEB-INF/web.xml",
        "/nar/../WEB-INF/web.xml",
        "/healthz/../WEB-INF/web.xml",
        "/;/WEB-INF/web.xml",
        "/META-INF/MANIFEST.MF",
        "/META-INF/context.xml",
        "//etc/passwd",
        "/error",
        "/nar/%",
        "/nar/%zz",
        "/%2fhealthz",
        "/upload/../WEB-INF/web.xml",
        "/upload/%2e%2e/" + HASH + ".narinfo%00",
        "/upload/nar/..%2f..%2fetc%2fpasswd");
  }

  /**
   * Requests all {@link #malformedNames} and {@link #wanderingPaths}, also under {@code /upload}.
   */
  public void assertNoPathIsMisunderstood() throws IOException {
    for (String path : malformedNames()) {
      assertRefused("GET", path);
      assertRefused("HEAD", path);
      assertRefused("GET", "/upload" + path);
      assertRefused("PUT", "/upload" + path, "Content-Length: 0");
    }
    for (String path : wanderingPaths()) {
      assertRefused("GET", path);
    }
    assertAlive();
  }

  /** An odd spelling of an existing resource's path leads to that resource or is refused. */
  public void assertOddNamesAreHarmless() throws IOException {
    for (String path :
        List.of("//healthz", "/./healthz", "/healthz;jsessionid=0", "/x/../healthz")) {
      Answer answer = ask("GET", path);
      assertTrue(answer.status() == 200 || REFUSED.contains(answer.status()), path);
      assertTrue(answer.status() != 200 || answer.body().equals("ok\n"), answer::body);
      assertTrue(answer.field("Set-Cookie").isEmpty());
    }
  }

  /** Unsupported methods are refused. */
  public void assertUnknownMethodsAreRefused() throws IOException {
    for (String method : List.of("PATCH", "POST", "MADE-UP", "PROPFIND", "get", "TRACE")) {
      for (String path : List.of("/healthz", "/" + HASH + ".narinfo", "/nar/x", "/nowhere", "/")) {
        Answer answer = ask(method, path, "X-Secret: echo-echo", "Content-Length: 0");
        assertEquals(405, answer.status(), method + " " + path);
        assertFalse(answer.body().contains("echo-echo"));
        assertTrue(method.equals("TRACE") || answer.field("Allow").isPresent(), method);
        assertTellsNothing(answer);
      }
    }
    assertEquals(405, ask("PUT", "/" + HASH + ".narinfo", "Content-Length: 0").status());
    assertEquals("GET, HEAD", ask("OPTIONS", "/healthz").field("Allow").orElse("none"));
    assertAlive();
  }

  /** Headers that are too large or contradictory are refused, possibly by the server itself. */
  public void assertOddHeadsAreHarmless() throws IOException {
    String[] many =
        IntStream.range(0, 20_000).mapToObj(i -> "X-" + i + ": x").toArray(String[]::new);
    assertHarmless(RawClient.head("GET", context + "/healthz", many));
    assertHarmless(RawClient.head("GET", context + "/healthz", "X: " + "x".repeat(3_000_000)));
    assertHarmless(RawClient.head("GET", context + "/" + "x".repeat(3_000_000)));
    assertHarmless(RawClient.head("G".repeat(3_000_000), context + "/healthz"));
    assertHarmless("\0\0\0\0\r\n\r\n");
    assertHarmless("GET\r\n\r\n");
    assertHarmless("GET " + context + "/a b HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertHarmless("GET " + context + "/\u00e9.narinfo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertHarmless("GET " + context + "/healthz HTTP/9.9\r\nHost: localhost\r\n\r\n");
    assertHarmless("GET " + context + "/healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    assertHarmless("GET " + context + "/healthz HTTP/1.1\r\nHost: a\rb\u0000c\r\n\r\n");
    assertHarmless("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense");
    for (String length : List.of("-1", "x", "1, 2", "99999999999999999999", "+5", "0x5")) {
      assertHarmless(RawClient.head("PUT", context + "/upload/nar/x", "Content-Length: " + length));
    }
    assertHarmless(
        RawClient.head("PUT", context + "/upload/nar/x", "Content-Length: 3", "Content-Length: 4")
            + "abcd");
    assertHarmless(
        RawClient.head("PUT", context + "/upload/nar/x", "Transfer-Encoding: gzip, identity"));
    assertAlive();
  }

  /** Sends bytes; the response reveals nothing and isn't a success. */
  private void assertHarmless(String bytes) throws IOException {
    String shown = bytes.substring(0, Math.min(bytes.length(), 100));
    try (RawClient client = RawClient.connect(port)) {
      Answer answer;
      try {
        client.send(bytes);
        client.finish();
        answer = client.read("GET");
      } catch (EOFException | SocketException closed) {
        return; // closing without a response is allowed
      }
      boolean ours = answer.status() == 200 && answer.body().equals("ok\n");
      assertTrue(ours || REFUSED.contains(answer.status()) || answer.status() == 505, shown);
      assertTellsNothing(answer);
    }
  }

  private void assertRefused(String method, String path, String... fields) throws IOException {
    Answer answer = ask(method, path, fields);
    assertTrue(
        Set.of(400, 404, 405).contains(answer.status()),
        () -> method + " " + path + ": " + answer.status() + " " + answer.body());
    assertTellsNothing(answer);
  }

  static void assertTellsNothing(Answer answer) {
    assertTrue(answer.body().length() <= MAX_REFUSAL, answer::body);
    assertTrue(answer.body().lines().count() <= 1, answer::body);
    assertTrue(answer.field("Server").isEmpty() && answer.field("X-Powered-By").isEmpty());
    assertTrue(answer.field("Set-Cookie").isEmpty());
    String said = answer.body().toLowerCase(Locale.ROOT);
    for (String giveaway : GIVEAWAYS) {
      boolean echoed = giveaway.equals("narthex.") && said.contains(".narinfo");
      assertTrue(echoed || !said.contains(giveaway), answer::body);
    }
  }

  private void assertAlive() throws IOException {
    assertEquals(200, ask("GET", "/healthz").status());
  }

  private Answer ask(String method, String path, String... fields) throws IOException {
    return RawClient.ask(port, method, context + path, fields);
  }
}
