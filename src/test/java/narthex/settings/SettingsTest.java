package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest extends SettingsFixture {
  private static final String NIXOS_KEY =
      "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";
  private static final String OTHER_KEY = NIXOS_KEY.replace("cache.nixos.org-1", "other-1");

  @Test
  void withoutAnySourceTheDefaultsHold() {
    Settings settings = read();

    Path data = path("work/narthex-data");
    assertNull(settings.configFile());
    assertEquals(new Settings.Site("machine.example", "/nix/store", true, 30), settings.site());
    assertEquals(new Settings.Http("0.0.0.0", 8080, 0, 0, 0, Duration.ZERO), settings.http());
    assertEquals(data, settings.storage().dataDir());
    assertEquals(new BlobPlace.Directory(data.resolve("blobs")), settings.storage().blobs());
    assertEquals("jdbc:sqlite:" + data.resolve("narthex.db"), settings.database().url());
    assertNull(settings.database().user());
    assertNull(settings.database().password());
    assertEquals(
        new Settings.Search(
            Duration.ofMillis(200),
            Duration.ofMinutes(1),
            Duration.ofMinutes(1),
            100_000,
            new Settings.Network(null, null, null, null, HostPatterns.none())),
        settings.search());
    assertEquals(
        List.of(
            new Settings.Upstream(
                HttpUrl.parse("https://cache.nixos.org"),
                List.of(PublicKey.parse(NIXOS_KEY)),
                null,
                false,
                new Settings.Limits(
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofSeconds(10),
                    64,
                    5,
                    Duration.ofSeconds(30)))),
        settings.upstreams());
    assertEquals(
        new Settings.Signing(List.of(data.resolve("signing.key")), true, "machine.example-1"),
        settings.signing());
    Settings.Grant open = new Settings.Grant(List.of(), null, false);
    assertEquals(new Settings.Access(open, open, open, open), settings.access());
    assertEquals(new Settings.Bodies(Duration.ofSeconds(60), 1024), settings.bodies());
    assertEquals(new Settings.Readers(Duration.ofSeconds(15), 4096), settings.readers());
    assertEquals(
        new Settings.NarInfos(Duration.ofDays(1), 64L * 1024 * 1024, Duration.ofMinutes(1)),
        settings.narInfos());
    assertEquals(new Settings.Fetching(false), settings.fetching());
    Settings.Sizes sizes = new Settings.Sizes(16 << 10, 64 << 10, 256 << 10, 8 << 20);
    assertEquals(
        new Settings.Chunking("off", sizes, false, 1, Duration.ofHours(24), Compression.NONE),
        settings.chunking());
    assertEquals(
        new Settings.Uploading(
            false, false, List.of(), 16L << 30, 64L << 20, Duration.ofDays(1), false),
        settings.uploading());
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
    assertEquals(defaults.access(), settings.access());
    assertEquals(defaults.bodies(), settings.bodies());
    assertEquals(defaults.narInfos(), settings.narInfos());
    assertEquals(defaults.fetching(), settings.fetching());
  }

  @Test
  void tokensAreListsAndNothingPrintsThem() {
    properties.put("narthex.token.write", "hidden-0123456789, hidden-9876543210");
    properties.put("narthex.token.admin-file", "tokens/admin");
    properties.put("narthex.access.require", "Read,admin");

    Settings settings = read();
    Settings.Grant read = settings.access().read();
    Settings.Grant write = settings.access().write();
    Settings.Grant admin = settings.access().admin();
    assertEquals(2, write.tokens().size());
    assertEquals(new Settings.Grant(write.tokens(), null, false), write);
    assertEquals(new Settings.Grant(List.of(), null, true), read);
    assertEquals(new Settings.Grant(List.of(), path("work/tokens/admin"), true), admin);
    assertFalse((settings + " " + settings.access()).contains("hidden-"));
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

    Settings.Upstream first = read().upstreams().get(0);
    Settings.Upstream second = read().upstreams().get(1);

    assertEquals(HttpUrl.parse("https://a.example/x"), first.url());
    assertEquals(HttpUrl.parse("http://u:p%40ss@b.example:81"), second.url());
    assertEquals(List.of(PublicKey.parse(NIXOS_KEY)), first.trustedKeys());
    assertEquals(List.of(PublicKey.parse(OTHER_KEY)), second.trustedKeys());
    assertNull(first.priority());
    assertEquals(11, second.priority());
    assertFalse(first.allowUnsigned());
    assertTrue(second.allowUnsigned());
    assertEquals(Duration.ofSeconds(8), first.limits().read());
    assertEquals(Duration.ofSeconds(7), second.limits().read());
    assertEquals(Duration.ofMillis(1), second.limits().connect());
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
  @CsvSource({
    "0, 0",
    "17, 17",
    "17B, 17",
    "2KiB, 2048",
    "64MiB, 67108864",
    "3GiB, 3221225472",
    "5kB, 5000",
    "64 MB, 64000000",
    "3GB, 3000000000",
    "9TB, 9000000000000"
  })
  void sizesComeInAllUnits(String text, long expected) {
    properties.put("narthex.narinfo.memory-size", text);

    assertEquals(expected, read().narInfos().memorySizeBytes());
  }

  @Test
  void nothingPrintsAPassword() {
    properties.put("narthex.upstreams", "https://user:hidden@a.example");
    properties.put("narthex.database.password", "hidden");

    assertEquals("hidden", read().database().password());
    assertFalse(read().toString().contains("hidden"));
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
  void theTokenOfTheCommandLineIsNoSetting() {
    environment.put("NARTHEX_TOKEN", "admin-0123456789");

    assertEquals(8080, read().http().port());
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
  void theFirstFileThatExistsIsRead() throws IOException {
    properties.put("catalina.base", path("tomcat").toString());
    properties.put("jboss.server.config.dir", path("wildfly").toString());

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
    assertEquals(path("work/narthex-data"), read().storage().dataDir());

    properties.put("catalina.base", path("tomcat").toString());
    assertEquals(path("tomcat/narthex-data"), read().storage().dataDir());
    assertEquals(path("tomcat/netrc"), read().search().network().netrcFile());
    assertEquals(
        new Settings.Signing(
            List.of(path("tomcat/a.key"), Path.of("/b.key")), false, "machine.example-1"),
        read().signing());

    properties.put("narthex.standalone", "true");
    assertEquals(path("work/narthex-data"), read().storage().dataDir());

    properties.clear();
    properties.put("jboss.server.data.dir", path("data").toString());
    assertEquals(path("data/narthex-data"), read().storage().dataDir());
  }

  @Test
  void theFolderOfDataMayHaveAnyName() {
    properties.put("narthex.data-dir", "/var/a, b %20 c");

    assertEquals(
        new BlobPlace.Directory(Path.of("/var/a, b %20 c/blobs")), read().storage().blobs());
    assertEquals(List.of(Path.of("/var/a, b %20 c/signing.key")), read().signing().keyFiles());
    assertEquals("jdbc:sqlite:/var/a, b %20 c/narthex.db", read().database().url());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/blobs", "file:/blobs", "file:///blobs", "file:///x/../blobs/"})
  void blobsLieInAFolder(String url) {
    properties.put("narthex.blob.url", url);

    assertEquals(new BlobPlace.Directory(Path.of("/blobs")), read().storage().blobs());
  }

  @Test
  void aDataSourceOfTheServerIsUsedInPlaceOfAUrl() {
    properties.put("narthex.database.jndi", "java:/narthex");

    assertEquals("java:/narthex", read().database().jndi());
    assertNull(read().database().url());
  }

  @Test
  void expressionsInValuesAreLeftAsTheyAre() {
    properties.put("narthex.database.password", "${narthex.hostname}\\,$x");

    assertEquals("${narthex.hostname}\\,$x", read().database().password());
  }
}
