package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import narthex.nix.PublicKey;
import narthex.upstream.UpstreamSettings;
import narthex.upstream.UpstreamSettings.Trust;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  private static final String NIXOS_KEY =
      "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
  private static final String OTHER_KEY = NIXOS_KEY.replace("cache.nixos.org-1", "other-1");

  private Path folder = Path.of("");
  private final Map<String, String> properties = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void useFolder(@TempDir Path fresh) {
    folder = fresh.toAbsolutePath().normalize();
  }

  @Test
  void withoutAnySourceTheDefaultsHold() {
    Settings settings = read();

    Path data = folder.resolve("work/narthex-data");
    assertNull(settings.configFile());
    assertEquals(new Settings.Site("machine.example", "/nix/store", true, 30), settings.site());
    assertEquals(new Settings.Http("0.0.0.0", 8080), settings.http());
    assertEquals(new Settings.Storage(data, data.resolve("blobs")), settings.storage());
    assertEquals("jdbc:sqlite:" + data.resolve("narthex.db"), settings.database().url());
    assertNull(settings.database().user());
    assertNull(settings.database().password());
    assertEquals(
        new Settings.Search(
            Duration.ofMillis(200), Duration.ofSeconds(10), Duration.ofMinutes(1), 100_000, null),
        settings.search());
    assertEquals(
        List.of(
            new UpstreamSettings(
                URI.create("https://cache.nixos.org"),
                List.of(PublicKey.parse(NIXOS_KEY)),
                null,
                Trust.SIGNED,
                new UpstreamSettings.Limits(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(10),
                    64,
                    5,
                    Duration.ofSeconds(30)))),
        settings.upstreams());
    assertEquals(
        new Settings.Signing(List.of(data.resolve("signing.key")), true), settings.signing());
    assertEquals(new Settings.NarInfos(Duration.ofDays(1), 64L * 1024 * 1024), settings.narInfos());
    assertEquals(new Settings.Fetching(false, CdcMode.OFF), settings.fetching());
  }

  @Test
  void systemPropertiesWinOverTheEnvironmentAndThatOverTheFile() throws IOException {
    write("etc/narthex.properties", "narthex.hostname=file\nnarthex.http.port=1\n");
    assertEquals("file", read().site().hostname());
    assertEquals(1, read().http().port());

    environment.put("NARTHEX_HOSTNAME", "environment");
    assertEquals("environment", read().site().hostname());

    properties.put("narthex.hostname", "property");
    assertEquals("property", read().site().hostname());
    assertEquals(1, read().http().port());
  }

  @Test
  void everySettingHasAnEnvironmentVariableOfItsOwn() {
    List<String> names =
        SettingTable.all().stream().map(Setting::environmentName).distinct().toList();

    assertEquals(SettingTable.all().size(), names.size());
    environment.put("NARTHEX_CACHE_INFO_WANT_MASS_QUERY", "false");
    environment.put("NARTHEX_UPSTREAM_NEGATIVE_TTL", "5m");
    environment.put("NARTHEX_CDC_MODE", "OFF");
    assertFalse(read().site().wantMassQuery());
    assertEquals(Duration.ofMinutes(5), read().search().negativeTtl());
  }

  @Test
  void anEmptyValueCountsAsNotSet() throws IOException {
    write("etc/narthex.properties", "narthex.http.port=\nnarthex.upstream.1.priority= \n");
    environment.put("NARTHEX_DATABASE_USER", "");
    environment.put("NARTHEX_CONFIG_FILE", "");

    assertEquals(8080, read().http().port());
    assertNull(read().database().user());
    assertNull(read().upstreams().get(0).priority());
  }

  @Test
  void linesOfTheDocumentationHoldWhenTheyAreNoLongerComments() throws IOException {
    Settings defaults = read();

    Path file =
        write(
            "etc/narthex.properties",
            SettingPages.printProperties()
                .replaceAll("(?m)^#(?=narthex\\.)", "")
                .replace("<n>", "1"));

    Settings settings = read();
    assertEquals(file, settings.configFile());
    assertEquals(defaults.site(), settings.site());
    assertEquals(defaults.http(), settings.http());
    assertEquals(defaults.storage(), settings.storage());
    assertEquals(defaults.database(), settings.database());
    assertEquals(defaults.search(), settings.search());
    assertEquals(defaults.upstreams(), settings.upstreams());
    assertEquals(defaults.signing(), settings.signing());
    assertEquals(defaults.narInfos(), settings.narInfos());
    assertEquals(defaults.fetching(), settings.fetching());
  }

  @Test
  void anEmptyListOfUpstreamsMeansNone() throws IOException {
    write("etc/narthex.properties", "narthex.upstreams=\n");
    assertEquals(List.of(), read().upstreams());

    environment.put("NARTHEX_UPSTREAMS", "https://a.example");
    assertEquals(1, read().upstreams().size());

    environment.put("NARTHEX_UPSTREAMS", "");
    assertEquals(List.of(), read().upstreams());
  }

  @Test
  void upstreamsHaveTheirOwnSettingsByPosition() {
    properties.put("narthex.upstreams", "https://a.example/x/, http://u:p%40ss@b.example:81");
    properties.put("narthex.upstream.2.public-keys", OTHER_KEY);
    properties.put("narthex.upstream.2.allow-unsigned", "true");
    properties.put("narthex.upstream.read-timeout", "7s");
    properties.put("narthex.upstream.1.read-timeout", "8s");
    environment.put("NARTHEX_UPSTREAM_2_PRIORITY", "11");
    environment.put("NARTHEX_UPSTREAM_2_CONNECT_TIMEOUT", "1ms");

    UpstreamSettings first = read().upstreams().get(0);
    UpstreamSettings second = read().upstreams().get(1);

    assertEquals(URI.create("https://a.example/x"), first.url());
    assertEquals(URI.create("http://u:p%40ss@b.example:81"), second.url());
    assertEquals(List.of(PublicKey.parse(NIXOS_KEY)), first.trustedKeys());
    assertEquals(List.of(PublicKey.parse(OTHER_KEY)), second.trustedKeys());
    assertNull(first.priority());
    assertEquals(11, second.priority());
    assertEquals(Trust.SIGNED, first.trust());
    assertEquals(Trust.ANY, second.trust());
    assertEquals(Duration.ofSeconds(8), first.limits().read());
    assertEquals(Duration.ofSeconds(7), second.limits().read());
    assertEquals(Duration.ofMillis(1), second.limits().connect());
  }

  @Test
  void aPositionThatDoesNotExistIsAnError() {
    environment.put("NARTHEX_UPSTREAM_2_PRIORITY", "11");

    assertRefused(
        "narthex.upstream.2.priority (environment NARTHEX_UPSTREAM_2_PRIORITY): there is no upstream"
            + " number 2; narthex.upstreams names 1");

    properties.put("narthex.upstreams", "");
    assertRefused("narthex.upstreams names none");
  }

  @ParameterizedTest
  @CsvSource({
    "200ms, PT0.2S",
    "30s, PT30S",
    "5m, PT5M",
    "24h, PT24H",
    "1d, P1D",
    "PT1M30S, PT1M30S",
    "0s, PT0S",
    "3650d, P3650D"
  })
  void durationsComeInAllUnits(String text, String expected) {
    properties.put("narthex.upstream.negative-ttl", text);

    assertEquals(Duration.parse(expected), read().search().negativeTtl());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "17, 17", "17B, 17", "2KiB, 2048", "64MiB, 67108864", "3GiB, 3221225472"})
  void sizesComeInAllUnits(String text, long expected) {
    properties.put("narthex.narinfo.memory-size", text);

    assertEquals(expected, read().narInfos().memorySizeBytes());
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
        "narthex.narinfo.memory-size | 64MB",
        "narthex.narinfo.memory-size | 99999999999999GiB",
        "narthex.prefetch | maybe",
        "narthex.blob.url | s3://bucket",
        "narthex.blob.url | relative/path",
        "narthex.blob.url | file:relative",
        "narthex.cdc.mode | sometimes"
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
        "https://a.example https://hidden:hid^den@b.example",
        "https://hidden:hidden@a.example?x=hidden",
        "hidden"
      })
  void aMalformedUpstreamIsRefusedWithoutShowingIt(String urls) {
    properties.put("narthex.upstreams", urls);

    assertRefused("narthex.upstreams (system property): the value (not shown) is refused: number ");
    assertFalse(message(refusal()).contains("hid"), message(refusal()));
  }

  @Test
  void anUpstreamThatIsNamedTwiceIsRefused() {
    properties.put("narthex.upstreams", "https://a.example https://hidden:x@A.example/");

    assertRefused("https://a.example is named twice");
    assertFalse(message(refusal()).contains("hidden"));
  }

  @Test
  void nothingPrintsAPassword() {
    properties.put("narthex.upstreams", "https://user:hidden@a.example");
    properties.put("narthex.database.password", "hidden");

    assertEquals("hidden", read().database().password());
    assertFalse(read().toString().contains("hidden"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"lazy", "eager", "Lazy"})
  void chunkingModesAreRefusedUntilThereIsChunking(String mode) {
    environment.put("NARTHEX_CDC_MODE", mode);

    assertRefused(
        "narthex.cdc.mode (environment NARTHEX_CDC_MODE): '"
            + mode
            + "' is refused: this version has no chunking yet");
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
  void whatKubernetesAddsForAServiceOfOurNameIsNoSetting() {
    environment.put("NARTHEX_SERVICE_HOST", "10.0.0.1");
    environment.put("NARTHEX_SERVICE_PORT_HTTP", "80");
    environment.put("NARTHEX_PORT", "tcp://10.0.0.1:80");
    environment.put("NARTHEX_PORT_80_TCP_ADDR", "10.0.0.1");
    environment.put("NARTHEX_DB_SERVICE_HOST", "10.0.0.2");
    environment.put("NARTHEX_HTTP_PORT", "tcp://10.0.0.3:80");
    environment.put("NARTHEXISH", "1");
    properties.put("narthexish.thing", "1");

    assertEquals(8080, read().http().port());
  }

  @Test
  void valuesWithLineBreaksStillMakeOneLine() {
    properties.put("narthex.prefetch", "a\nb\u2028c");

    assertTrue(message(refusal()).contains("'a?b?c'"));
  }

  @Test
  void aNamedFileThatIsMissingStopsTheStart() {
    properties.put("narthex.config-file", "nowhere.properties");
    String missing = "there is no file '" + folder.resolve("work/nowhere.properties") + "'";
    assertRefused("narthex.config-file (system property): " + missing);

    properties.clear();
    environment.put("NARTHEX_CONFIG_FILE", "nowhere.properties");
    assertRefused("narthex.config-file (environment NARTHEX_CONFIG_FILE): " + missing);
  }

  @Test
  void aNamedFileIsReadInPlaceOfAllOthers() throws IOException {
    write("etc/narthex.properties", "narthex.hostname=etc\n");
    Path named = write("other.properties", "narthex.hostname=named\n");
    properties.put("narthex.config-file", named.toString());

    assertEquals("named", read().site().hostname());
    assertEquals(named, read().configFile());
  }

  @Test
  void aFileThatCannotBeReadStopsTheStart() throws IOException {
    write("etc/narthex.properties", "narthex.hostname=\\uXYZW\n");

    assertRefused("cannot read " + folder.resolve("etc/narthex.properties"));
  }

  @Test
  void aFileCannotNameAnotherFile() throws IOException {
    write("etc/narthex.properties", "narthex.config-file=/x\n");

    assertRefused("cannot stand in the file itself");
  }

  @Test
  void theFirstFileThatExistsIsRead() throws IOException {
    properties.put("catalina.base", folder.resolve("tomcat").toString());
    properties.put("jboss.server.config.dir", folder.resolve("wildfly").toString());

    write("work/narthex.properties", "narthex.hostname=work\n");
    assertEquals("work", read().site().hostname());
    write("etc/narthex.properties", "narthex.hostname=etc\n");
    assertEquals("etc", read().site().hostname());
    write("wildfly/narthex.properties", "narthex.hostname=wildfly\n");
    assertEquals("wildfly", read().site().hostname());
    write("tomcat/conf/narthex.properties", "narthex.hostname=tomcat\n");
    assertEquals("tomcat", read().site().hostname());
  }

  @Test
  void relativePathsStartWhereTheServerKeepsThings() {
    environment.put("NARTHEX_NETRC_FILE", "netrc");
    environment.put("NARTHEX_SIGNING_KEY_FILES", "a.key, /b.key");
    assertEquals(folder.resolve("work/narthex-data"), read().storage().dataDir());

    properties.put("catalina.base", folder.resolve("tomcat").toString());
    assertEquals(folder.resolve("tomcat/narthex-data"), read().storage().dataDir());
    assertEquals(folder.resolve("tomcat/netrc"), read().search().netrcFile());
    assertEquals(
        new Settings.Signing(List.of(folder.resolve("tomcat/a.key"), Path.of("/b.key")), false),
        read().signing());

    properties.put("narthex.standalone", "true");
    assertEquals(folder.resolve("work/narthex-data"), read().storage().dataDir());

    properties.clear();
    properties.put("jboss.server.data.dir", folder.resolve("data").toString());
    assertEquals(folder.resolve("data/narthex-data"), read().storage().dataDir());
  }

  @Test
  void theFolderOfDataMayHaveAnyName() {
    properties.put("narthex.data-dir", "/var/a, b %20 c");

    assertEquals(Path.of("/var/a, b %20 c/blobs"), read().storage().blobRoot());
    assertEquals(List.of(Path.of("/var/a, b %20 c/signing.key")), read().signing().keyFiles());
    assertEquals("jdbc:sqlite:/var/a, b %20 c/narthex.db", read().database().url());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/blobs", "file:/blobs", "file:///blobs", "file:///x/../blobs/"})
  void blobsLieInAFolder(String url) {
    properties.put("narthex.blob.url", url);

    assertEquals(Path.of("/blobs"), read().storage().blobRoot());
  }

  @Test
  void aDataSourceOfTheServerExcludesAUrl() {
    properties.put("narthex.database.jndi", "java:/narthex");
    assertEquals("java:/narthex", read().database().jndi());
    assertNull(read().database().url());

    properties.put("narthex.database.url", "jdbc:postgresql://h/d");
    assertRefused("narthex.database.jndi (system property): cannot be given together with");
  }

  @Test
  void aDatabaseThatIsNotSupportedIsRefusedWithoutShowingIt() {
    properties.put("narthex.database.url", "jdbc:mysql://h/d?password=hidden");

    assertRefused("it names neither SQLite nor PostgreSQL; allowed: jdbc:sqlite:<file> or");
    assertFalse(message(refusal()).contains("hidden"));
  }

  @Test
  void expressionsInValuesAreLeftAsTheyAre() {
    properties.put("narthex.database.password", "${narthex.hostname}\\,$x");

    assertEquals("${narthex.hostname}\\,$x", read().database().password());
  }

  private Settings read() {
    return Settings.read(
        new SettingsSources(
            properties,
            environment,
            folder.resolve("work"),
            folder.resolve("etc"),
            "machine.example"));
  }

  private SettingsException refusal() {
    return assertThrows(SettingsException.class, this::read);
  }

  private void assertRefused(String part) {
    String message = message(refusal());
    assertTrue(message.contains(part), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static String message(SettingsException refusal) {
    return Objects.requireNonNull(refusal.getMessage());
  }

  private Path write(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    return Files.writeString(file, text);
  }
}
