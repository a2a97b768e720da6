package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import narthex.settings.SettingsException;
import narthex.settings.SettingsFixture;
import narthex.testing.FakeS3;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A resource that can't be opened stops the start with a one-line message that names the setting.
 */
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
  void aBucketThatCannotBeUsedIsNamed() throws IOException {
    try (FakeS3 server = FakeS3.start()) {
      properties.put("narthex.blob.url", "s3://nowhere?endpoint=" + server.url());
      properties.put("narthex.blob.access-key", FakeS3.ACCESS_KEY);
      properties.put("narthex.blob.secret-key-file", path("work/none").toString());
      assertRefused(
          "narthex.blob.secret-key-file: " + path("work/none") + ": there is no such file");

      write("work/none", "secret");
      assertRefused("narthex.blob.url: bucket nowhere at " + server.url() + " does not exist");
    }
  }

  @Test
  void aDatabaseThatCannotBeOpenedIsNamed() throws IOException {
    write("work/file", "no folder");
    properties.put("narthex.database.url", "jdbc:sqlite:" + path("work/file/db"));
    assertRefused("narthex.database.url: ");
  }

  @Test
  void aClusterWithoutASharedDatabaseIsNamed() {
    properties.put("narthex.cluster.enabled", "true");
    properties.put("narthex.blob.url", path("work/blobs").toString());
    assertRefused("narthex.cluster.enabled (system property): needs a PostgreSQL");
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
    try (narthex.db.Database database =
        narthex.db.Database.open(Policies.database(read().database()))) {
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

  @ParameterizedTest
  @CsvSource({
    "narthex.cdc.min, 64KiB, do not grow from min to avg to max",
    "narthex.cdc.avg, 1MiB, do not grow from min to avg to max",
    "narthex.cdc.min, 1, are not between",
    "narthex.cdc.max, 8GiB, are not between",
    "narthex.blob.part-size, 0, are not between",
    "narthex.blob.part-size, 2GiB, are not between"
  })
  void sizesOfChunksAndPacksThatCannotBeAreRefused(String name, String size, String reason) {
    properties.put(name, size);

    String line = refusal();
    assertTrue(line.contains(reason), line);
  }

  private void assertRefused(String start) {
    String line = refusal();
    assertTrue(line.startsWith(start), line);
  }

  private String refusal() {
    SettingsException refused = assertThrows(SettingsException.class, () -> open().close());
    String line = String.valueOf(refused.getMessage());
    assertEquals(1, line.lines().count(), line);
    assertEquals(0, refused.getStackTrace().length);
    return line;
  }

  private Components open() throws IOException {
    return Components.open(read(), "/", REQUEST_THREADS);
  }
}
