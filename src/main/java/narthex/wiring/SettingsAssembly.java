package narthex.wiring;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import narthex.chunk.ChunkSizes;
import narthex.chunk.ChunkStore;
import narthex.db.DatabaseSettings;
import narthex.nix.PublicKey;
import narthex.upstream.HostPatterns;
import narthex.upstream.HttpUrl;
import narthex.upstream.UpstreamSettings;
import narthex.web.AccessToken;
import narthex.web.Scope;

/** Puts the {@link Settings} together from the rows of the {@link SettingTable}. */
final class SettingsAssembly {
  private static final String FALLBACK_HOST_NAME = "localhost";
  private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,252}");

  private final SettingsSources sources;
  private final SettingsReader reader;
  private final Path dataDir;

  SettingsAssembly(SettingsSources sources) {
    this.sources = sources;
    this.reader = SettingsReader.open(sources);
    Path given = reader.find(SettingTable.DATA_DIR);
    String byDefault = SettingTable.DATA_DIR.defaultText() + sources.context().suffix();
    this.dataDir = absolute(given == null ? Path.of(byDefault) : given);
  }

  Settings settings() {
    checkGiven();
    List<UpstreamSettings> upstreams = upstreams();
    return new Settings(
        reader.file(),
        new Settings.Site(
            value(SettingTable.HOSTNAME),
            value(SettingTable.STORE_DIR),
            value(SettingTable.WANT_MASS_QUERY),
            value(SettingTable.PRIORITY)),
        http(),
        new Settings.Storage(dataDir, blobRoot()),
        database(),
        search(),
        upstreams,
        signing(),
        access(),
        new Settings.Bodies(
            value(AccessSettings.BODY_IDLE_TIMEOUT), value(AccessSettings.BODY_MIN_RATE)),
        new Settings.Readers(
            value(AccessSettings.READ_IDLE_TIMEOUT), value(AccessSettings.READ_MIN_RATE)),
        new Settings.NarInfos(
            value(SettingTable.REVALIDATE_AFTER), value(SettingTable.NARINFO_MEMORY)),
        new Settings.Fetching(value(SettingTable.PREFETCH)),
        chunking(),
        uploading());
  }

  private Settings.Http http() {
    Integer threads = reader.find(AccessSettings.HTTP_THREADS);
    return new Settings.Http(
        value(SettingTable.HTTP_ADDRESS),
        value(SettingTable.HTTP_PORT),
        threads == null ? 0 : threads);
  }

  private Settings.Chunking chunking() {
    ChunkSizes sizes;
    try {
      sizes =
          new ChunkSizes(
              bytes(CdcSettings.CDC_MIN), bytes(CdcSettings.CDC_AVG), bytes(CdcSettings.CDC_MAX));
    } catch (IllegalArgumentException e) {
      throw reader.problem(CdcSettings.CDC_AVG, String.valueOf(e.getMessage()));
    }
    ChunkStore.OtherSizes otherSizes =
        value(CdcSettings.CDC_ALLOW_OTHER_SIZES)
            ? ChunkStore.OtherSizes.ALLOWED
            : ChunkStore.OtherSizes.REFUSED;
    try {
      return new Settings.Chunking(
          value(CdcSettings.CDC_MODE),
          new ChunkStore.Settings(sizes, value(CdcSettings.BLOB_PART_SIZE), otherSizes),
          value(CdcSettings.CDC_WORKERS),
          value(CdcSettings.CDC_DELETE_DELAY),
          value(CdcSettings.CDC_ADVERTISE));
    } catch (IllegalArgumentException e) {
      throw reader.problem(CdcSettings.BLOB_PART_SIZE, String.valueOf(e.getMessage()));
    }
  }

  /** What no int holds is beyond every bound of a chunk's length too. */
  private int bytes(Setting<Long> setting) {
    return (int) Math.min(Integer.MAX_VALUE, value(setting));
  }

  private Settings.Uploading uploading() {
    List<PublicKey> keys = reader.find(SettingTable.UPLOAD_TRUSTED_KEYS);
    boolean anyKey = keys != null && !keys.isEmpty();
    Boolean said = reader.find(SettingTable.UPLOAD_REQUIRE_TRUSTED);
    boolean requireTrusted = said == null ? anyKey : said;
    if (requireTrusted && !anyKey) {
      throw reader.problem(
          SettingTable.UPLOAD_REQUIRE_TRUSTED,
          "needs a key in " + SettingTable.UPLOAD_TRUSTED_KEYS.name());
    }
    return new Settings.Uploading(
        value(SettingTable.UPLOAD_ENABLED),
        requireTrusted,
        keys == null ? List.of() : keys,
        value(SettingTable.UPLOAD_MAX_NAR_SIZE),
        value(SettingTable.UPLOAD_MAX_DOCUMENT_SIZE),
        value(SettingTable.UPLOAD_GRACE),
        value(SettingTable.DELETE_ENABLED));
  }

  private Settings.Signing signing() {
    List<Path> given = reader.find(SettingTable.SIGNING_KEY_FILES);
    // Two keys of one name would shut each other out at the clients.
    String context = sources.context().suffix().replaceAll("[^A-Za-z0-9._-]", "-");
    String newKeyName = value(SettingTable.HOSTNAME) + context + "-1";
    return given == null
        ? new Settings.Signing(List.of(dataDir.resolve("signing.key")), true, newKeyName)
        : new Settings.Signing(given.stream().map(this::absolute).toList(), false, newKeyName);
  }

  private Settings.Access access() {
    Map<Scope, List<AccessToken>> tokens = new EnumMap<>(Scope.class);
    Map<Scope, Path> files = new EnumMap<>(Scope.class);
    for (Scope scope : Scope.values()) {
      List<AccessToken> given = reader.find(AccessSettings.tokens(scope));
      if (given != null) {
        tokens.put(scope, given);
      }
      Path file = reader.find(AccessSettings.tokenFile(scope));
      if (file != null) {
        files.put(scope, absolute(file));
      }
    }
    Set<Scope> required = reader.find(AccessSettings.ACCESS_REQUIRED);
    return new Settings.Access(tokens, files, required == null ? Set.of() : required);
  }

  private Path blobRoot() {
    Path given = reader.find(SettingTable.BLOB_URL);
    // Not by way of the default's text: a data folder may hold what a URL may not.
    return given == null ? dataDir.resolve("blobs") : given;
  }

  private DatabaseSettings database() {
    String jndi = reader.find(SettingTable.DATABASE_JNDI);
    if (jndi != null && reader.text(SettingTable.DATABASE_URL) != null) {
      throw reader.problem(
          SettingTable.DATABASE_JNDI,
          "cannot be given together with " + SettingTable.DATABASE_URL.name());
    }
    return new DatabaseSettings(
        jndi == null ? value(SettingTable.DATABASE_URL) : null,
        reader.find(SettingTable.DATABASE_USER),
        reader.find(SettingTable.DATABASE_PASSWORD),
        jndi);
  }

  private Settings.Search search() {
    return new Settings.Search(
        value(SettingTable.BETTER_ANSWER_WAIT),
        value(UpstreamNetworkSettings.ANSWER_WITHIN),
        value(SettingTable.NEGATIVE_TTL),
        value(SettingTable.NEGATIVE_ENTRIES),
        network());
  }

  private Settings.Network network() {
    Path netrc = reader.find(SettingTable.NETRC_FILE);
    Path trustStore = reader.find(UpstreamNetworkSettings.TRUST_STORE);
    HostPatterns allowed = reader.find(UpstreamNetworkSettings.ALLOW_HOSTS);
    return new Settings.Network(
        netrc == null ? null : absolute(netrc),
        reader.find(UpstreamNetworkSettings.PROXY),
        trustStore == null ? null : absolute(trustStore),
        reader.find(UpstreamNetworkSettings.TRUST_STORE_PASSWORD),
        allowed == null ? HostPatterns.none() : allowed);
  }

  private List<UpstreamSettings> upstreams() {
    String raw = reader.rawText(SettingTable.UPSTREAMS);
    // Empty is a value here, and the only way to have no upstream.
    List<HttpUrl> urls = raw != null && raw.isBlank() ? List.of() : value(SettingTable.UPSTREAMS);
    checkPositions(urls.size());
    List<UpstreamSettings> upstreams = new ArrayList<>();
    for (int i = 0; i < urls.size(); i++) {
      upstreams.add(upstream(urls.get(i), i + 1));
    }
    return upstreams;
  }

  private UpstreamSettings upstream(HttpUrl url, int position) {
    boolean unsigned =
        own(SettingTable.UPSTREAM_ALLOW_UNSIGNED, position, SettingTable.ALLOW_UNSIGNED);
    return new UpstreamSettings(
        url,
        own(SettingTable.UPSTREAM_PUBLIC_KEYS, position, SettingTable.PUBLIC_KEYS),
        reader.find(SettingTable.UPSTREAM_PRIORITY.at(position)),
        unsigned ? UpstreamSettings.Trust.ANY : UpstreamSettings.Trust.SIGNED,
        new UpstreamSettings.Limits(
            own(SettingTable.UPSTREAM_CONNECT_TIMEOUT, position, SettingTable.CONNECT_TIMEOUT),
            own(SettingTable.UPSTREAM_READ_TIMEOUT, position, SettingTable.READ_TIMEOUT),
            value(SettingTable.RETRY_WITHIN),
            value(SettingTable.MAX_CONNECTIONS),
            value(SettingTable.FAILURES_TO_OPEN),
            value(SettingTable.PROBE_AFTER)));
  }

  /** Checks every value that was written, also those that nothing would ask for. */
  private void checkGiven() {
    for (String name : reader.givenNames()) {
      int position = UnknownSettings.position(name);
      UnknownSettings.findSetting(name)
          .map(setting -> position > 0 ? setting.at(position) : setting)
          .ifPresent(reader::find);
    }
  }

  private void checkPositions(int count) {
    for (String name : reader.givenNames()) {
      int position = UnknownSettings.position(name);
      Setting<?> setting = UnknownSettings.findSetting(name).orElse(null);
      if (setting != null && position > count && reader.text(setting.at(position)) != null) {
        throw reader.problem(
            setting.at(position),
            "there is no upstream number "
                + position
                + "; narthex.upstreams names "
                + (count == 0 ? "none" : Integer.toString(count)));
      }
    }
  }

  private <T> T own(Setting<T> positional, int position, Setting<T> common) {
    T own = reader.find(positional.at(position));
    return own == null ? value(common) : own;
  }

  private <T> T value(Setting<T> setting) {
    T given = reader.find(setting);
    return given == null ? reader.parse(setting, expand(setting.defaultText())) : given;
  }

  private String expand(String defaultText) {
    String host = sources.hostName();
    String name = HOST_NAME.matcher(host).matches() ? host : FALLBACK_HOST_NAME;
    return defaultText.replace("<data-dir>", dataDir.toString()).replace("<host-name>", name);
  }

  private Path absolute(Path path) {
    return sources.baseDirectory().resolve(path).normalize();
  }
}
