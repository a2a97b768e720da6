package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uploads to a server that doesn't accept them, and to one that requires signatures. */
class UploadSettingsHttpTest {
  private final NarFixture fixture = NarFixture.random(7, 10_000, Compression.XZ);
  private final String narPath = "/upload/" + fixture.url();
  private final String narInfoPath = "/upload/" + fixture.storePath().hash().text() + ".narinfo";

  private static byte[] text(NarInfo narInfo) {
    return narInfo.print().getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void switchedOffThereIsNothingToReadOrPut(@TempDir Path folder) throws IOException {
    try (HttpFixture http = HttpFixture.start(folder)) {
      for (String path : List.of(narPath, narInfoPath, "/upload/nix-cache-info", "/upload/x")) {
        assertEquals(404, http.get(path).statusCode(), path);
        assertEquals(404, http.head(path).statusCode(), path);
        HttpResponse<byte[]> put = http.put(path, new byte[] {1});
        assertEquals(405, put.statusCode(), path);
        assertEquals(1, new String(put.body(), StandardCharsets.UTF_8).lines().count());
        assertEquals(405, http.send("DELETE", path).statusCode(), path);
      }
    }
  }

  @Test
  void onlyWhatATrustedKeySignedIsTaken(@TempDir Path folder) throws IOException {
    SecretKey trusted = SecretKey.generate("team-1", new SecureRandom());
    SecretKey sameName = SecretKey.generate("team-1", new SecureRandom());
    Map<String, String> settings =
        Map.of(
            "narthex.upload.enabled",
            "true",
            "narthex.upload.trusted-keys",
            trusted.publicKey().print());
    try (HttpFixture http = HttpFixture.start(folder, settings)) {
      assertEquals(201, http.put(narPath, fixture.file()).statusCode());
      NarInfo lying =
          fixture
              .referring(fixture)
              .narInfo(fixture.url())
              .withSignatures(fixture.narInfo(fixture.url(), trusted).signatures());
      for (NarInfo refused :
          List.of(
              fixture.narInfo(fixture.url()), fixture.narInfo(fixture.url(), sameName), lying)) {
        HttpResponse<byte[]> put = http.put(narInfoPath, text(refused));
        assertEquals(403, put.statusCode());
        assertTrue(new String(put.body(), StandardCharsets.UTF_8).contains("no trusted key"));
        assertEquals(404, http.get(narInfoPath).statusCode());
      }

      byte[] signed = text(fixture.narInfo(fixture.url(), sameName, trusted));
      assertEquals(201, http.put(narInfoPath, signed).statusCode());
      assertEquals(200, http.get(narInfoPath).statusCode());
    }
  }
}
