package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.NarTree;
import narthex.testing.RawClient;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/**
 * Requests that the server accepts although Tomcat alone would reject them, and how it rejects
 * others.
 */
class LenientHttpTest extends SharedServer {
  private String raw(String target, String... fields) throws IOException {
    String head = "GET " + target + " HTTP/1.1\r\n" + String.join("\r\n", fields) + "\r\n\r\n";
    return http.raw(head.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void aHostNameMayHaveUnderscores() throws IOException {
    String answer = raw("/healthz", "Host: nix_cache:8080", "Connection: close");
    String page = raw("/", "Host: nix_cache:8080", "Connection: close");

    assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
    assertTrue(page.contains("nix_cache:8080"), page);
  }

  @Test
  void aHeadMayHaveManyKibibytes() throws IOException {
    String answer =
        raw("/healthz", "Host: localhost", "Connection: close", "Cookie: " + "c".repeat(50_000));

    assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
  }

  @Test
  void namesWithBackslashesAndOtherBytesCanBeOpened() throws IOException {
    byte[] nar =
        NarTree.directory(Map.of("a\\b", NarTree.file("one"), "cQ", NarTree.file("two"))).nar();
    nar[new String(nar, StandardCharsets.ISO_8859_1).indexOf("cQ") + 1] = (byte) 0xFF;
    Sample sample = http.know(Sample.of("odd-names", nar, Compression.NONE));
    String base = "/serve/" + sample.hash().text() + "/";

    for (String name : List.of("a%5Cb", "a%5cb")) {
      RawClient.Answer answer = RawClient.ask(http.port(), "GET", base + name);
      assertEquals(200, answer.status(), answer.body());
      assertEquals("one", answer.body());
    }
    RawClient.Answer answer = RawClient.ask(http.port(), "GET", base + "c%FF");
    assertEquals(200, answer.status(), answer.body());
    assertEquals("two", answer.body());
  }

  @Test
  void whatTheServerRefusesByItselfIsOneLineOfText() throws IOException {
    List<String> refused =
        List.of(
            raw("/healthz", "Host: a b", "Connection: close"),
            raw("/healthz", "Host: a", "Host: b", "Connection: close"),
            raw("/healthz", "Connection: close"),
            raw("/a|b<c", "Host: localhost", "Connection: close"),
            raw("/a%00b", "Host: localhost", "Connection: close"),
            raw("/a%zz", "Host: localhost", "Connection: close"),
            raw("/healthz", "Host: localhost", "Cookie: " + "c".repeat(100_000)),
            http.raw("GARBAGE\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1)));

    for (String answer : refused) {
      assertTrue(answer.startsWith("HTTP/1.1 4"), answer);
      assertFalse(answer.contains("<"), answer);
      assertFalse(answer.contains("Tomcat"), answer);
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      assertTrue(body.lines().count() <= 1, answer);
    }
  }
}
