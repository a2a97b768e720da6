package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pins over HTTP. */
class PinHttpTest extends SharedServer {
  private static final String ADMIN = "admin-0123456789";
  private static final String ABSENT = "/pin/" + "0".repeat(32) + ".narinfo";

  private final Sample leaf = Sample.of(802, Compression.XZ);
  private final Sample root = Sample.of(801, Compression.ZSTD).referringTo(leaf);

  PinHttpTest() {
    super(Map.of("narthex.token.admin", ADMIN, "narthex.delete.enabled", "true"));
  }

  @AfterEach
  void unpin() throws IOException {
    send("DELETE", pin(root));
  }

  private HttpResponse<byte[]> send(String method, String path) throws IOException {
    return http.send(method, path, "Authorization", "Bearer " + ADMIN);
  }

  private static String pin(Sample sample) {
    return "/pin" + sample.narInfoTarget();
  }

  private static String text(HttpResponse<byte[]> response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  private List<String> lines(HttpResponse<byte[]> response) {
    assertEquals(200, response.statusCode(), () -> text(response));
    assertEquals("application/x-ndjson", response.headers().firstValue("content-type").get());
    return text(response).lines().toList();
  }

  private void assertLine(int status, String line, HttpResponse<byte[]> response) {
    assertEquals(line + "\n", text(response));
    assertEquals(status, response.statusCode());
  }

  @Test
  void aPinFetchesItsClosureAndIsListedAndRemoved() throws Exception {
    root.publish(http.upstream);
    leaf.publish(http.upstream);

    List<String> lines = lines(send("POST", pin(root) + "?name=release%201&expires=30d"));

    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("{\"verdict\":\"done\",\"result\":{\"path\":\""), last);
    assertTrue(
        last.endsWith("\"paths\":2,\"narinfosFetched\":2,\"narsFetched\":2,\"missing\":0}}"));
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("{\"step\":")), lines::toString);

    HttpResponse<byte[]> list = send("GET", "/pins");
    assertEquals("application/json", list.headers().firstValue("content-type").get());
    List<String> pins = text(list).lines().toList();
    assertEquals(3, pins.size(), pins::toString);
    assertTrue(
        pins.get(1)
            .startsWith(
                "{\"hash\":\""
                    + root.hash().text()
                    + "\",\"path\":\""
                    + root.narInfo().storePath().print()
                    + "\",\"name\":\"release 1\",\"created\":\""),
        pins.get(1));
    String expires = pins.get(1).replaceAll(".*\"expires\":\"([^\"]*)\".*", "$1");
    Duration left = Duration.between(Instant.now(), Instant.parse(expires));
    assertEquals(29, left.toDays());
    assertTrue(pins.get(1).endsWith("\"paths\":2,\"missing\":0}"), pins.get(1));

    assertEquals(204, send("DELETE", pin(root)).statusCode());
    assertLine(404, "no such pin", send("DELETE", pin(root)));
    assertEquals("[]\n", text(send("GET", "/pins")));
  }

  @Test
  void whatCannotBeFetchedIsToldAndThePinStays() throws Exception {
    Sample lost = Sample.of(803, Compression.XZ);

    List<String> lines = lines(send("POST", pin(lost)));

    assertTrue(
        lines.contains("{\"tell\":\"no upstream has the narinfo of " + lost.hash().text() + "\"}"),
        lines::toString);
    assertTrue(lines.get(lines.size() - 1).startsWith("{\"verdict\":\"unfinished\""));
    assertTrue(text(send("GET", "/pins")).contains("\"paths\":1,\"missing\":1}"));
    assertEquals(204, send("DELETE", pin(lost)).statusCode());
  }

  @Test
  void aPinnedPathIsA409AndNamesThePin() throws Exception {
    root.publish(http.upstream);
    leaf.publish(http.upstream);
    send("POST", pin(root) + "?name=mine");
    String pin = root.hash().text() + " (mine)";

    assertLine(
        409, "pinned; remove the pin " + pin + " first", send("DELETE", root.narInfoTarget()));
    assertLine(
        409,
        "needed by the pin " + pin + "; remove that pin first",
        send("DELETE", leaf.narInfoTarget()));

    send("DELETE", pin(root));
    assertEquals(204, send("DELETE", leaf.narInfoTarget()).statusCode());
    assertEquals(204, send("DELETE", root.narInfoTarget()).statusCode());
  }

  @Test
  void badInputIsA400OfOneLineAndPinsNothing() throws Exception {
    String when =
        "option expires: neither a time such as 2027-01-31T12:00:00Z, nor a day, nor a duration"
            + " such as 30d";
    assertLine(400, when, send("POST", ABSENT + "?expires=soon"));
    assertLine(400, when, send("POST", ABSENT + "?expires=2027-02-31"));
    assertLine(
        400, "option expires: not in the future", send("POST", ABSENT + "?expires=2020-01-01"));
    assertLine(
        400,
        "option expires: not in the future",
        send("POST", ABSENT + "?expires=2020-01-01T00:00:00Z"));
    assertLine(400, "option expires: not in the future", send("POST", ABSENT + "?expires=0d"));
    assertLine(
        400, "option expires: too far in the future", send("POST", ABSENT + "?expires=999999999d"));
    assertLine(
        400,
        "option name: not one line of 1 to 200 characters",
        send("POST", ABSENT + "?name=a%0Ab"));
    assertLine(
        400,
        "option name: not one line of 1 to 200 characters",
        send("POST", ABSENT + "?name=" + "x".repeat(201)));
    assertLine(400, "option name: has no value", send("POST", ABSENT + "?name="));
    assertLine(400, "option path: is in the URL", send("POST", ABSENT + "?path=x"));
    assertLine(
        400,
        "unknown option colour; options: expires, name, path",
        send("POST", ABSENT + "?colour=red"));
    assertLine(400, "not a store path hash: 'x'", send("POST", "/pin/x.narinfo"));
    assertLine(
        400,
        "no such path: a pin has the path /pin/<hash>.narinfo",
        send("POST", "/pin/" + "0".repeat(32)));
    assertEquals("[]\n", text(send("GET", "/pins")));
  }

  @Test
  void otherMethodsAreA405() throws Exception {
    for (String method : List.of("GET", "PUT")) {
      HttpResponse<byte[]> answer = send(method, ABSENT);
      assertEquals(405, answer.statusCode(), method);
      assertEquals("POST, DELETE", answer.headers().firstValue("allow").get());
    }
    for (String method : List.of("POST", "DELETE")) {
      HttpResponse<byte[]> answer = send(method, "/pins");
      assertEquals(405, answer.statusCode(), method);
      assertEquals("GET, HEAD", answer.headers().firstValue("allow").get());
    }
    assertEquals(200, send("HEAD", "/pins").statusCode());
  }

  @Test
  void pinsAreForAdministratorsOnly() throws Exception {
    assertEquals(401, http.send("POST", ABSENT).statusCode());
    assertEquals(401, http.send("DELETE", ABSENT).statusCode());
    assertEquals(401, http.get("/pins").statusCode());
  }

  @Test
  void thePathOfAJobMayBeWrittenInFull() throws Exception {
    String path = "/admin/jobs/pin?path=" + root.narInfo().storePath().print();
    root.publish(http.upstream);
    leaf.publish(http.upstream);

    lines(send("POST", path));

    List<String> listed = lines(send("POST", "/admin/jobs/pins"));
    assertTrue(
        listed.contains("{\"tell\":\"" + root.narInfo().storePath().print() + ", paths 2\"}"),
        listed::toString);
    List<String> removed =
        lines(send("POST", "/admin/jobs/unpin?path=" + root.narInfo().storePath().baseName()));
    assertEquals(
        "{\"verdict\":\"done\",\"result\":{\"removed\":1}}", removed.get(removed.size() - 1));
    assertLine(400, "option path: is missing", send("POST", "/admin/jobs/unpin"));
  }
}
