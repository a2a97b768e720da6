package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RefusedSettingsTest extends SettingsFixture {
  @Test
  void aPositionThatDoesNotExistIsAnError() {
    environment.put("NARTHEX_UPSTREAM_2_PRIORITY", "11");

    assertRefused(
        "narthex.upstream.2.priority (environment NARTHEX_UPSTREAM_2_PRIORITY): there is no"
            + " upstream number 2; narthex.upstreams names 1");

    properties.put("narthex.upstreams", "");
    assertRefused("narthex.upstreams names none");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "narthex.http.port | 70000",
        "narthex.http.port | eighty",
        "narthex.hostname | two words",
        "narthex.hostname | a:b",
        "narthex.store-dir | nix/store",
        "narthex.store-dir | /nix/store/",
        "narthex.cache-info.want-mass-query | yes",
        "narthex.cache-info.priority | -1",
        "narthex.upstream.public-keys | nonsense",
        "narthex.upstream.public-keys | a:QUJD",
        "narthex.upstream.allow-unsigned | 1",
        "narthex.upstream.connect-timeout | 0s",
        "narthex.upstream.connect-timeout | 5",
        "narthex.upstream.read-timeout | -PT5S",
        "narthex.upstream.retry-within | 5 parsecs",
        "narthex.upstream.negative-ttl | 3651d",
        "narthex.upstream.negative-ttl | 999999999999d",
        "narthex.upstream.max-connections | 0",
        "narthex.upstream.1.priority | first",
        "narthex.narinfo.memory-size | 64M",
        "narthex.narinfo.memory-size | 99999999999999GiB",
        "narthex.prefetch | maybe",
        "narthex.blob.url | s3:bucket",
        "narthex.blob.url | s3://",
        "narthex.blob.url | s3://user:password@bucket",
        "narthex.blob.url | s3://bucket/../other",
        "narthex.blob.url | s3://bucket?endpoint=minio:9000",
        "narthex.blob.url | s3://bucket?path-style=maybe",
        "narthex.blob.url | s3://bucket?region=two words",
        "narthex.blob.url | s3://bucket?profile=x",
        "narthex.blob.encryption | yes",
        "narthex.blob.storage-class | cheap",
        "narthex.blob.url | relative/path",
        "narthex.blob.url | file:relative",
        "narthex.cdc.mode | sometimes",
        "narthex.cdc.workers | 0",
        "narthex.cdc.delete-delay | soon",
        "narthex.cdc.advertise | xz"
      })
  void aMalformedValueStopsTheStartInOneLine(String name, String value) {
    properties.put(name, value);

    SettingsException refusal = refusal();

    assertEquals(name, refusal.setting());
    assertEquals("system property", refusal.source());
    String start = name + " (system property): '" + value + "' is refused: ";
    assertTrue(message(refusal).startsWith(start), message(refusal));
    assertTrue(message(refusal).contains("; allowed: "), message(refusal));
  }

  @Test
  void aMalformedValueThatNothingAsksForStopsTheStartToo() {
    properties.put("narthex.upstreams", "");
    properties.put("narthex.upstream.connect-timeout", "soon");

    assertRefused("narthex.upstream.connect-timeout (system property): 'soon' is refused: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://hidden:hidden@a.example",
        "https://hidden:hidden@",
        "https://hidden hidden@:x",
        "https://a.example https://hidden:hidden@b^b.example",
        "https://hidden:hidden@a.example?x=hidden",
        "hidden"
      })
  void aMalformedUpstreamIsRefusedWithoutShowingIt(String urls) {
    properties.put("narthex.upstreams", urls);

    assertRefused("narthex.upstreams (system property): the value (not shown) is refused: number ");
    assertFalse(message(refusal()).contains("hid"), message(refusal()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden",
        "hidden-0123456789, hidden",
        "hidden-0123456789\u00e9",
        "hidden-0123456789\u0001",
        ",",
      })
  void aMalformedTokenIsRefusedWithoutShowingIt(String tokens) throws IOException {
    for (String scope : new String[] {"metrics", "read", "write", "admin"}) {
      properties.clear();
      properties.put("narthex.token." + scope, tokens);
      assertRefused(
          "narthex.token." + scope + " (system property): the value (not shown) is refused: ");
      assertFalse(message(refusal()).contains("hid"), message(refusal()));
    }
  }

  @Test
  void aScopeThatDoesNotExistIsRefused() {
    properties.put("narthex.access.require", "read, everything");

    assertRefused("'read, everything' is refused: unknown scope; allowed: metrics, read");
  }

  @Test
  void anUpstreamThatIsNamedTwiceIsRefused() {
    properties.put("narthex.upstreams", "https://a.example https://hidden:x@A.example/");

    assertRefused("https://a.example is listed twice");
    assertFalse(message(refusal()).contains("hidden"));
  }

  @ParameterizedTest
  @CsvSource({
    "narthex.upstrems, narthex.upstreams",
    "narthex.upstream, narthex.upstreams",
    "narthex.cdc.mod, narthex.cdc.mode",
    "narthex.upstream.0.priority, narthex.upstream.<n>.priority",
    "narthex.upstream.1.priorty, narthex.upstream.<n>.priority",
    "narthex.data.dir, narthex.data-dir"
  })
  void anUnknownNameStopsTheStartAndSaysWhichWasMeant(String name, String meant) throws Exception {
    properties.put(name, "1");
    assertRefused(name + " (system property): there is no such setting; did you mean " + meant);

    properties.clear();
    Path file = write("etc/narthex.properties", name + "=1\n");
    assertRefused(name + " (file " + file + "): there is no such setting; did you mean " + meant);
  }

  @Test
  void anUnknownNameInTheEnvironmentStopsTheStart() {
    environment.put("NARTHEX_UPSTREAM_URLS", "https://a.example");
    assertRefused("NARTHEX_UPSTREAM_URLS (environment): there is no such setting");

    environment.clear();
    environment.put("NARTHEX_HTP_PORT", "1");
    assertRefused("did you mean NARTHEX_HTTP_PORT?");
  }

  @Test
  void anUnknownNameThatResemblesNoneSaysSo() {
    properties.put("narthex.something-else-altogether", "1");

    assertRefused("there is no such setting; the known ones are in");
  }

  @Test
  void valuesWithLineBreaksStillMakeOneLine() {
    properties.put("narthex.prefetch", "a\nb\u2028c");

    assertTrue(message(refusal()).contains("'a?b?c'"));
  }

  @Test
  void aNamedFileThatIsMissingStopsTheStart() {
    properties.put("narthex.config-file", "nowhere.properties");
    String missing = "there is no file '" + path("work/nowhere.properties") + "'";
    assertRefused("narthex.config-file (system property): " + missing);

    properties.clear();
    environment.put("NARTHEX_CONFIG_FILE", "nowhere.properties");
    assertRefused("narthex.config-file (environment NARTHEX_CONFIG_FILE): " + missing);
  }

  @Test
  void aFileThatCannotBeReadStopsTheStart() throws IOException {
    write("etc/narthex.properties", "narthex.hostname=\\uXYZW\n");

    assertRefused("cannot read " + path("etc/narthex.properties"));
  }

  @Test
  void aFileCannotNameAnotherFile() throws IOException {
    write("etc/narthex.properties", "narthex.config-file=/x\n");

    assertRefused("cannot stand in the file itself");
  }

  @Test
  void aDatabaseThatIsNotSupportedIsRefusedWithoutShowingIt() {
    properties.put("narthex.database.url", "jdbc:mysql://h/d?password=hidden");

    assertRefused("neither SQLite nor PostgreSQL; allowed: jdbc:sqlite:<file> or");
    assertFalse(message(refusal()).contains("hidden"));
  }

  @Test
  void aDataSourceOfTheServerExcludesAUrl() {
    properties.put("narthex.database.jndi", "java:/narthex");
    properties.put("narthex.database.url", "jdbc:postgresql://h/d");

    assertRefused("narthex.database.jndi (system property): cannot be given together with");
  }

  private SettingsException refusal() {
    return assertThrows(SettingsException.class, this::read);
  }

  @Test
  void trustedUploadsNeedAKeyToTrust() {
    properties.put("narthex.upload.require-trusted", "true");
    assertRefused("narthex.upload.trusted-keys");
  }

  private void assertRefused(String part) {
    String message = message(refusal());
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static String message(SettingsException refusal) {
    return Objects.requireNonNull(refusal.getMessage());
  }
}
