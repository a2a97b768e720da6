package narthex.web;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.testing.RawClient;
import narthex.testing.RawClient.Answer;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccessHttpTest {
  private static final String READER = "reader-0123456789";
  private static final String WRITER = "writer-0123456789";
  private static final String ADMIN = "admin-0123456789";

  @TempDir Path folder;

  @Test
  void withoutTokensReadingIsOpenAndAnUnknownTokenIsNoHarm() throws IOException {
    try (HttpFixture server = HttpFixture.start(folder)) {
      assertEquals(200, server.get("/nix-cache-info").statusCode());
      HttpResponse<byte[]> answer =
          server.get("/nix-cache-info", "Authorization", "Bearer of-another-server");
      assertEquals(200, answer.statusCode());
      assertEquals(405, server.send("PUT", "/nix-cache-info").statusCode());
    }
  }

  @Test
  void aWriterAddsDocumentsAndOnlyAnAdministratorReplacesThem() throws IOException {
    Map<String, String> settings =
        Map.of(
            "narthex.upload.enabled", "true",
            "narthex.token.write", WRITER,
            "narthex.token.admin", ADMIN);
    String hash = "0".repeat(32);
    List<String> paths =
        List.of("/log/" + hash + "-a.drv", "/debuginfo/" + "a".repeat(40), "/" + hash + ".ls");
    try (HttpFixture server = HttpFixture.start(folder, settings)) {
      for (String path : paths) {
        byte[] first = "{\"a\":1}".getBytes(StandardCharsets.UTF_8);
        byte[] other = "{\"a\":2}".getBytes(StandardCharsets.UTF_8);
        String[] writer = {"Authorization", "Bearer " + WRITER};
        String[] admin = {"Authorization", "Bearer " + ADMIN};

        assertEquals(201, server.put("/upload" + path, first, writer).statusCode());
        assertEquals(200, server.put("/upload" + path, first, writer).statusCode());
        HttpResponse<byte[]> refused = server.put("/upload" + path, other, writer);
        assertEquals(409, refused.statusCode());
        assertEquals(1, new String(refused.body(), StandardCharsets.UTF_8).lines().count());
        assertArrayEquals(first, server.get(path).body());
        assertEquals(200, server.put("/upload" + path, other, admin).statusCode());
        assertArrayEquals(other, server.get(path).body());
      }
    }
  }

  @Test
  void askingForMissingPathsIsReadingAlthoughItIsAPost() throws IOException {
    byte[] body = ("0".repeat(32) + "\n").getBytes(StandardCharsets.UTF_8);
    Map<String, String> write = Map.of("narthex.token.write", WRITER);
    try (HttpFixture server = HttpFixture.start(folder.resolve("open"), write)) {
      assertEquals(200, server.post("/missing-paths", body).statusCode());
    }
    Map<String, String> both = Map.of("narthex.token.read", READER, "narthex.token.write", WRITER);
    try (HttpFixture server = HttpFixture.start(folder.resolve("guarded"), both)) {
      assertEquals(401, server.post("/missing-paths", body).statusCode());
      for (String token : List.of(READER, WRITER)) {
        HttpResponse<byte[]> answer =
            server.post("/missing-paths", body, "Authorization", "Bearer " + token);
        assertEquals(200, answer.statusCode());
      }
    }
  }

  @Test
  void readingNeedsATokenWhenOneIsSet() throws IOException {
    try (HttpFixture server = HttpFixture.start(folder, Map.of("narthex.token.read", READER))) {
      for (String path : List.of("/", "/nix-cache-info", "/pubkey", "/nowhere", "/nar/x.nar")) {
        HttpResponse<byte[]> answer = server.get(path);
        assertEquals(401, answer.statusCode(), path);
        assertEquals(
            List.of("Basic realm=\"Narthex\", charset=\"UTF-8\"", "Bearer realm=\"Narthex\""),
            answer.headers().allValues("WWW-Authenticate"));
        assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElse("none"));
        assertEquals("a token is needed\n", new String(answer.body(), StandardCharsets.UTF_8));
        assertEquals(401, server.get(path, "Authorization", "Bearer " + WRITER).statusCode());
        assertEquals(401, server.get(path, "Authorization", "Basic %%%").statusCode());
        assertEquals(401, server.head(path).statusCode());
      }
      assertEquals(200, server.get("/healthz").statusCode());
      assertEquals(200, server.get("/readyz").statusCode());
      assertEquals(200, server.get("/", "Authorization", "Bearer " + READER).statusCode());
      assertEquals(200, server.get("/pubkey", "Authorization", basic("", READER)).statusCode());
      assertEquals(200, server.head("/pubkey", "Authorization", basic("me", READER)).statusCode());
    }
  }

  @Test
  void whatOnlySomeMayReadIsNotKeptBySharedProxies() throws IOException {
    Map<String, String> settings =
        Map.of("narthex.token.read", READER, "narthex.upstream.retry-within", "20s");
    try (HttpFixture server = HttpFixture.start(folder, settings)) {
      Sample sample = Sample.of(1, Compression.ZSTD);
      sample.publish(server.upstream);
      String narInfo = sample.narInfoTarget();
      String nar = HttpFixture.path(sample.fileName());
      for (String path : List.of(narInfo, nar, "/nix-cache-info", "/pubkey")) {
        HttpResponse<byte[]> answer = server.get(path, "Authorization", "Bearer " + READER);
        String cacheControl = answer.headers().firstValue("Cache-Control").orElse("none");
        assertEquals(200, answer.statusCode(), path);
        assertTrue(cacheControl.startsWith("private"), path + ": " + cacheControl);
        assertFalse(cacheControl.contains("public"), path + ": " + cacheControl);
      }
    }
  }

  @Test
  void aKnownTokenWithoutTheScopeIsA403() throws IOException {
    Path writers = Files.writeString(folder.resolve("writers"), "# of the builders\n" + WRITER);
    Map<String, String> settings =
        Map.of(
            "narthex.token.read", READER,
            "narthex.token.write-file", writers.toString(),
            "narthex.token.admin", ADMIN);
    try (HttpFixture server = HttpFixture.start(folder, settings)) {
      assertEquals(403, status(server, "PUT", READER));
      assertEquals(405, status(server, "PUT", WRITER));
      assertEquals(405, status(server, "PUT", ADMIN));
      assertEquals(403, status(server, "DELETE", WRITER));
      assertEquals(405, status(server, "DELETE", ADMIN));
      assertEquals(200, status(server, "GET", WRITER));
      HttpResponse<byte[]> answer =
          server.send("PUT", "/pubkey", "Authorization", "Bearer " + READER);
      assertEquals("not allowed\n", new String(answer.body(), StandardCharsets.UTF_8));
      assertTrue(answer.headers().firstValue("WWW-Authenticate").isEmpty());
    }
  }

  @Test
  void scopesCanBeGuardedWithoutAnyToken() throws IOException {
    Map<String, String> settings = Map.of("narthex.access.require", "write");
    try (HttpFixture server = HttpFixture.start(folder, settings)) {
      assertEquals(200, server.get("/pubkey").statusCode());
      assertEquals(401, status(server, "PUT", WRITER));
      assertEquals(401, status(server, "DELETE", WRITER));
    }
  }

  @Test
  void theAdministrationIsOffUntilItsScopeIsGuarded() throws IOException {
    try (HttpFixture server = HttpFixture.start(folder, Map.of("narthex.token.write", WRITER))) {
      for (String path : List.of("/admin/stats", "/admin/jobs/collect", "/admin/x", "/pins")) {
        HttpResponse<byte[]> answer = server.get(path, "Authorization", "Bearer " + WRITER);
        assertEquals(403, answer.statusCode(), path);
        assertEquals(
            "administration is off on this server; set narthex.token.admin, or"
                + " narthex.access.require to admin\n",
            new String(answer.body(), StandardCharsets.UTF_8));
      }
    }
  }

  @Test
  void theAdministrationIsForAdministratorsOnly() throws IOException {
    Map<String, String> settings =
        Map.of("narthex.token.write", WRITER, "narthex.token.admin", ADMIN);
    try (HttpFixture server = HttpFixture.start(folder, settings)) {
      String[] writer = {"Authorization", "Bearer " + WRITER};
      String[] admin = {"Authorization", "Bearer " + ADMIN};
      assertEquals(401, server.send("POST", "/admin/jobs/none").statusCode());
      assertEquals(403, server.send("POST", "/admin/jobs/none", writer).statusCode());
      assertEquals(401, server.get("/admin/none").statusCode());
      assertEquals(404, server.get("/admin/none", admin).statusCode());
      assertEquals(404, server.send("POST", "/admin/jobs/none", admin).statusCode());
    }
  }

  @Test
  void aClientThatWaitsBeforeItSendsABodyIsRefusedFirst() throws IOException {
    try (HttpFixture server = HttpFixture.start(folder, Map.of("narthex.token.write", WRITER));
        RawClient client = RawClient.connect(server.port())) {
      client.send(
          RawClient.head(
              "PUT", "/upload/nar/x.nar", "Content-Length: 1000000000", "Expect: 100-continue"));

      Answer answer = client.read("PUT");
      assertEquals(401, answer.status(), "and not 100");
      assertEquals("", client.readToEnd());
    }
  }

  private static int status(HttpFixture server, String method, String token) throws IOException {
    return server.send(method, "/pubkey", "Authorization", "Bearer " + token).statusCode();
  }

  private static String basic(String user, String password) {
    byte[] text = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(text);
  }
}
