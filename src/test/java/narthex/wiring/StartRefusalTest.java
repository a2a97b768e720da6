package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What cannot be opened ends the start with one line that names the setting. */
class StartRefusalTest extends SettingsFixture {
  private static final int REQUEST_THREADS = 10;

  @BeforeEach
  void withoutUpstreams() {
    properties.put("narthex.upstreams", "");
  }

  @Test
  void aDataFolderThatCannotBeMadeIsNamed() throws IOException {
    write("work/file", "");
    properties.put("narthex.data-dir", path("work/file/data").toString());

    assertRefused("narthex.data-dir: " + path("work/file"));
  }

  @Test
  void aBlobFolderThatCannotBeMadeIsNamed() throws IOException {
    write("work/file", "");
    properties.put("narthex.blob.url", path("work/file").toString());

    assertRefused("narthex.blob.url: " + path("work/file"));
  }

  @Test
  void aDatabaseThatCannotBeOpenedIsNamed() throws IOException {
    write("work/file", "no folder");
    properties.put("narthex.database.url", "jdbc:sqlite:" + path("work/file/db"));
    assertRefused("narthex.database.url: ");
  }

  @Test
  void aMissingNetrcFileIsNamed() {
    properties.put("narthex.netrc-file", path("work/none").toString());

    assertRefused("narthex.netrc-file: " + path("work/none") + ": there is no such file");
  }

  @Test
  void aTrustStoreThatCannotBeReadIsNamed() throws IOException {
    properties.put("narthex.upstream.trust-store", path("work/none").toString());
    assertRefused("narthex.upstream.trust-store: " + path("work/none") + ": there is no such file");

    write("work/store.pem", "no certificate");
    properties.put("narthex.upstream.trust-store", path("work/store.pem").toString());
    assertRefused("narthex.upstream.trust-store: " + path("work/store.pem") + " is not a trust");

    write("work/broken.pem", "-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n");
    properties.put("narthex.upstream.trust-store", path("work/broken.pem").toString());
    assertRefused("narthex.upstream.trust-store: " + path("work/broken.pem") + " is not a trust");
  }

  @Test
  void chunksOfOtherSizesNameTheSettingThatAllowsThem() throws IOException {
    properties.put("narthex.cdc.mode", "eager");
    try (Components first = open()) {
      assertTrue(first.site().readiness() != null);
    }
    try (narthex.db.Database database = narthex.db.Database.open(read().database())) {
      database.chunks().keepSizes("1,2,3");
    }

    assertRefused("narthex.cdc.allow-other-sizes: chunks were cut with ");
  }

  @Test
  void aRefusedStartLeavesTheDataFolderToTheNextOne() throws IOException {
    properties.put("narthex.netrc-file", path("work/none").toString());
    assertRefused("narthex.netrc-file");

    properties.remove("narthex.netrc-file");
    open().close();
    open().close();
  }

  private void assertRefused(String start) {
    SettingsException refused = assertThrows(SettingsException.class, () -> open().close());
    String line = String.valueOf(refused.getMessage());
    assertTrue(line.startsWith(start), line);
    assertEquals(1, line.lines().count(), line);
    assertEquals(0, refused.getStackTrace().length);
  }

  private Components open() throws IOException {
    return Components.open(read(), "/", REQUEST_THREADS);
  }
}
