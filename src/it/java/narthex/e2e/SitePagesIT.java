package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import narthex.nix.SecretKey;
import org.junit.jupiter.api.Test;

/** The small pages of the server, such as the home page. */
class SitePagesIT {

  @Test
  void nixCacheInfoSaysWhatIsSet() {
    try (NarthexServer server = NarthexServer.start(Map.of("narthex.cache-info.priority", "7"))) {
      HttpResponse<String> info = server.fetch("/nix-cache-info");

      assertEquals(200, info.statusCode());
      assertEquals("StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 7\n", info.body());
      String type = info.headers().firstValue("Content-Type").orElse("none");
      assertTrue(type.startsWith("text/x-nix-cache-info"), type);
      assertEquals(200, server.head("/nix-cache-info").statusCode());
    }
  }

  @Test
  void severalKeysAreWrittenAsEachConfigurationWantsThem() throws IOException {
    Path folder = Folders.create("keys");
    SecretKey first = SecretKey.generate("old-1", new SecureRandom());
    SecretKey second = SecretKey.generate("new-1", new SecureRandom());
    Path firstFile = Files.writeString(folder.resolve("old"), first.print());
    Path secondFile = Files.writeString(folder.resolve("new"), second.print());
    String old = first.publicKey().print();
    String young = second.publicKey().print();
    try (NarthexServer server =
        NarthexServer.start(Map.of("narthex.signing.key-files", firstFile + "," + secondFile))) {
      String page = server.fetch("/").body();

      assertEquals(old + "\n" + young + "\n", server.fetch("/pubkey").body());
      assertTrue(page.contains("extra-trusted-public-keys = " + old + " " + young), page);
      assertTrue(
          page.contains("[ &quot;" + old + "&quot; &quot;" + young + "&quot; ]")
              || page.contains("[ \"" + old + "\" \"" + young + "\" ]"),
          page);
    } finally {
      Folders.delete(folder);
    }
  }

  @Test
  void thePageShowsTheUrlAtWhichItWasReached() throws Exception {
    try (NarthexServer server = NarthexServer.start(Map.of())) {
      String other = server.url().replace("127.0.0.1", "localhost");
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create(other + "/")).build(),
                  HttpResponse.BodyHandlers.ofString());

      assertTrue(page.body().contains("extra-substituters = " + other + "\n"), page.body());
      assertTrue(server.fetch("/").body().contains("extra-substituters = " + server.url() + "\n"));
    }
  }

  @Test
  void thePageShowsTheUrlOfTheReverseProxy() throws Exception {
    try (NarthexServer server = NarthexServer.start(Map.of())) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(server.url() + "/"))
              .header("X-Forwarded-For", "192.0.2.7")
              .header("X-Forwarded-Proto", "https")
              .header("X-Forwarded-Host", "cache.example.org")
              .header("X-Forwarded-Port", "443")
              .build();

      String page =
          HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();

      assertTrue(page.contains("extra-substituters = https://cache.example.org\n"), page);
    }
  }

  @Test
  void readinessIsThatOfTheStorage() throws IOException {
    Path folder = Folders.create("blobs");
    Path blobs = folder.resolve("root");
    try (NarthexServer server =
        NarthexServer.start(Map.of("narthex.blob.url", blobs.toUri().toString()))) {
      assertEquals(200, server.fetch("/readyz").statusCode());

      Files.move(blobs, folder.resolve("away"));
      HttpResponse<String> unready = server.fetch("/readyz");
      assertEquals(503, unready.statusCode());
      assertEquals("not ready", unready.body().lines().findFirst().orElse("nothing"));
      assertEquals("no-store", unready.headers().firstValue("Cache-Control").orElse("none"));
      assertEquals(200, server.fetch("/healthz").statusCode());

      Files.move(folder.resolve("away"), blobs);
      assertEquals(200, server.fetch("/readyz").statusCode());
    } finally {
      Folders.delete(folder);
    }
  }

  @Test
  void whatIsNotThereIsOneLine() {
    try (NarthexServer server = NarthexServer.start(Map.of())) {
      for (String target : new String[] {"/no/such/page", "/WEB-INF/web.xml", "/error"}) {
        HttpResponse<String> answer = server.fetch(target);

        assertEquals(404, answer.statusCode(), target);
        assertEquals(1, answer.body().lines().count(), answer.body());
        assertFalse(answer.body().contains("Tomcat"), answer.body());
      }
    }
  }
}
