package narthex.settings;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;

/**
 * Builds {@link Settings} from the sources: applies defaults, resolves paths and checks that
 * settings fit together.
 */
final class SettingsAssembly {
  private static final long LEAST_SEND_BUFFER_BYTES = 4 << 10;
  private static final long MOST_SEND_BUFFER_BYTES = 1 << 30;

  private static final String FALLBACK_HOST_NAME = "localhost";
  private static final Pattern HOST_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,252}");

  private final SettingsSources sources;
  private final SettingsReader reader;
  private final Path dataDir;

  SettingsAssembly(SettingsSources sources) {
    this.sources = sources;
    this.reader = SettingsReader.open(sources);
    Path given = reader.find(ServerSettings.DATA_DIR);
    String byDefault = ServerSettings.DATA_DIR.defaultText() + sources.context().suffix();
    this.dataDir = absolute(given == null ? Path.of(byDefault) : given);
  }

  Settings settings() {
    checkGiven();
    List<Settings.Upstream> upstreams = upstreams();
    return new Settings(
        reader.file(),
        new Settings.Site(
            value(ServerSettings.HOSTNAME),
            value(ServerSettings.STORE_DIR),
            value(ServerSettings.WANT_MASS_QUERY),
            value(ServerSettings.PRIORITY)),
        http(),
        new LogSettings(value(LogSettings.LEVEL), value(LogSettings.FORMAT)),
        new Settings.Storage(
            dataDir,
            blobs(),
            BucketSettings.read(reader, sources.baseDirectory()),
            value(StorageSettings.NAR_CACHE_SIZE)),
        database(),
        search(),
        upstreams,
        signing(),
        access(),
        MetricsSettings.read(reader),
        new Settings.Bodies(
            value(UploadSettings.BODY_IDLE_TIMEOUT), value(UploadSettings.BODY_MIN_RATE)),
        new Settings.Readers(
            value(ServerSettings.READ_IDLE_TIMEOUT), value(ServerSettings.READ_MIN_RATE)),
        new Settings.NarInfos(
            value(ServerSettings.REVALIDATE_AFTER),
            value(ServerSettings.NARINFO_MEMORY),
            value(ServerSettings.MEMORY_TTL)),
        new Settings.Fetching(value(ServerSettings.PREFETCH)),
        chunking(),
        EvictionSettings.read(reader, blobs()),
        new Settings.Collecting(
            value(CollectionSettings.COLLECT_PERIOD),
            value(CollectionSettings.COLLECT_COMPACT_BELOW),
            CollectionSettings.repackLevel(
                reader, value(CollectionSettings.REPACK_LEVEL), value(CdcSettings.CDC_ADVERTISE))),
        value(ScrubSettings.SCRUB_PERIOD)
            .map(period -> new ScrubSettings.Policy(period, value(ScrubSettings.SCRUB_RATE))),
        uploading(),
        ClusterSettings.read(reader, sources, hostName()),
        origins());
  }

  private Map<String, String> origins() {
    Map<String, String> origins = new HashMap<>();
    for (Setting<?> setting : SettingTable.all()) {
      String origin = reader.origin(setting);
      if (origin != null) {
        origins.put(setting.name(), origin);
      }
    }
    return origins;
  }

  private Settings.Http http() {
    Integer threads = reader.find(ServerSettings.HTTP_THREADS);
    Integer connections = reader.find(ServerSettings.HTTP_CONNECTIONS);
    return new Settings.Http(
        value(ServerSettings.HTTP_ADDRESS),
        value(ServerSettings.HTTP_PORT),
        threads == null ? 0 : threads,
        connections == null ? 0 : connections,
        sendBufferBytes(),
        value(ServerSettings.HTTP_STOP_DELAY));
  }

  private int sendBufferBytes() {
    Long bytes = reader.find(ServerSettings.HTTP_SEND_BUFFER);
    if (bytes == null) {
      return 0;
    }
    if (bytes < LEAST_SEND_BUFFER_BYTES || bytes > MOST_SEND_BUFFER_BYTES) {
      throw reader.problem(ServerSettings.HTTP_SEND_BUFFER, "must be 4KiB to 1GiB");
    }
    return bytes.intValue();
  }

  private Settings.Chunking chunking() {
    return new Settings.Chunking(
        value(CdcSettings.CDC_MODE),
        new Settings.Sizes(
            value(CdcSettings.CDC_MIN),
            value(CdcSettings.CDC_AVG),
            value(CdcSettings.CDC_MAX),
            value(StorageSettings.BLOB_PART_SIZE)),
        value(CdcSettings.CDC_ALLOW_OTHER_SIZES),
        value(CdcSettings.CDC_WORKERS),
        value(CdcSettings.CDC_DELETE_DELAY),
        value(CdcSettings.CDC_ADVERTISE));
  }

  private Settings.Uploading uploading() {
    List<PublicKey> keys = reader.find(UploadSettings.UPLOAD_TRUSTED_KEYS);
    boolean anyKey = keys != null && !keys.isEmpty();
    Boolean said = reader.find(UploadSettings.UPLOAD_REQUIRE_TRUSTED);
    boolean requireTrusted = said == null ? anyKey : said;
    if (requireTrusted && !anyKey) {
      throw reader.problem(
          UploadSettings.UPLOAD_REQUIRE_TRUSTED,
          "needs a key in " + UploadSettings.UPLOAD_TRUSTED_KEYS.name());
    }
    return new Settings.Uploading(
        value(UploadSettings.UPLOAD_ENABLED),
        requireTrusted,
        keys == null ? List.of() : keys,
        value(UploadSettings.UPLOAD_MAX_NAR_SIZE),
        value(UploadSettings.UPLOAD_MAX_DOCUMENT_SIZE),
        value(UploadSettings.UPLOAD_GRACE),
        value(UploadSettings.DELETE_ENABLED));
  }

  private Settings.Signing signing() {
    List<Path> given = reader.find(ServerSettings.SIGNING_KEY_FILES);
    // A client keeps one public key for each key name, so no two contexts may share a name.
    String context = sources.context().suffix().replaceAll("[^A-Za-z0-9._-]", "-");
    String newKeyName = value(ServerSettings.HOSTNAME) + context + "-1";
    return given == null
        ? new Settings.Signing(List.of(dataDir.resolve("signing.key")), true, newKeyName)
        : new Settings.Signing(given.stream().map(this::absolute).toList(), false, newKeyName);
  }

  private Settings.Access access() {
    return new Settings.Access(
        grant("metrics", AccessSettings.METRICS_TOKENS, AccessSettings.METRICS_TOKENS_FILE),
        grant("read", AccessSettings.READ_TOKENS, AccessSettings.READ_TOKENS_FILE),
        grant("write", AccessSettings.WRITE_TOKENS, AccessSettings.WRITE_TOKENS_FILE),
        grant("admin", AccessSettings.ADMIN_TOKENS, AccessSettings.ADMIN_TOKENS_FILE));
  }

  private Settings.Grant grant(
      String scope, Setting<List<AccessToken>> tokens, Setting<Path> tokenFile) {
    List<AccessToken> given = reader.find(tokens);
    Path file = reader.find(tokenFile);
    Set<String> required = reader.find(AccessSettings.ACCESS_REQUIRED);
    return new Settings.Grant(
        given == null ? List.of() : given,
        file == null ? null : absolute(file),
        required != null && required.contains(scope));
  }

  private BlobPlace blobs() {
    BlobPlace given = reader.find(StorageSettings.BLOB_URL);
    // Not from the default text: the data directory may contain characters that a URL can't.
    return given == null ? new BlobPlace.Directory(dataDir.resolve("blobs")) : given;
  }

  private Settings.Database database() {
    String jndi = reader.find(StorageSettings.DATABASE_JNDI);
    if (jndi != null && reader.text(StorageSettings.DATABASE_URL) != null) {
      throw reader.problem(
          StorageSettings.DATABASE_JNDI,
          "cannot be given together with " + StorageSettings.DATABASE_URL.name());
    }
    return new Settings.Database(
        jndi == null ? value(StorageSettings.DATABASE_URL) : null,
        reader.find(StorageSettings.DATABASE_USER),
        reader.find(StorageSettings.DATABASE_PASSWORD),
        jndi);
  }

  private Settings.Search search() {
    return new Settings.Search(
        value(UpstreamSettings.BETTER_ANSWER_WAIT),
        value(UpstreamSettings.ANSWER_WITHIN),
        value(UpstreamSettings.NEGATIVE_TTL),
        value(UpstreamSettings.NEGATIVE_ENTRIES),
        network());
  }

  private Settings.Network network() {
    Path netrc = reader.find(UpstreamSettings.NETRC_FILE);
    Path trustStore = reader.find(UpstreamSettings.TRUST_STORE);
    HostPatterns allowed = reader.find(UpstreamSettings.ALLOW_HOSTS);
    return new Settings.Network(
        netrc == null ? null : absolute(netrc),
        reader.find(UpstreamSettings.PROXY),
        trustStore == null ? null : absolute(trustStore),
        reader.find(UpstreamSettings.TRUST_STORE_PASSWORD),
        allowed == null ? HostPatterns.none() : allowed);
  }

  private List<Settings.Upstream> upstreams() {
    String raw = reader.rawText(UpstreamSettings.UPSTREAMS);
    // An empty value is allowed here. It is the only way to have no upstreams.
    List<HttpUrl> urls =
        raw != null && raw.isBlank() ? List.of() : value(UpstreamSettings.UPSTREAMS);
    checkPositions(urls.size());
    List<Settings.Upstream> upstreams = new ArrayList<>();
    for (int i = 0; i < urls.size(); i++) {
      upstreams.add(upstream(urls.get(i), i + 1));
    }
    return upstreams;
  }

  private Settings.Upstream upstream(HttpUrl url, int position) {
    boolean unsigned =
        own(UpstreamSettings.UPSTREAM_ALLOW_UNSIGNED, position, UpstreamSettings.ALLOW_UNSIGNED);
    return new Settings.Upstream(
        url,
        own(UpstreamSettings.UPSTREAM_PUBLIC_KEYS, position, UpstreamSettings.PUBLIC_KEYS),
        reader.find(UpstreamSettings.UPSTREAM_PRIORITY.at(position)),
        unsigned,
        new Settings.Limits(
            own(
                UpstreamSettings.UPSTREAM_CONNECT_TIMEOUT,
                position,
                UpstreamSettings.CONNECT_TIMEOUT),
            own(UpstreamSettings.UPSTREAM_READ_TIMEOUT, position, UpstreamSettings.READ_TIMEOUT),
            value(UpstreamSettings.RETRY_WITHIN),
            value(UpstreamSettings.MAX_CONNECTIONS),
            value(UpstreamSettings.FAILURES_TO_OPEN),
            value(UpstreamSettings.PROBE_AFTER)));
  }

  /** Validates every configured value, including values that the other settings make unused. */
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
    return defaultText.replace("<data-dir>", dataDir.toString()).replace("<host-name>", hostName());
  }

  private String hostName() {
    String host = sources.hostName();
    return HOST_NAME.matcher(host).matches() ? host : FALLBACK_HOST_NAME;
  }

  private Path absolute(Path path) {
    return sources.baseDirectory().resolve(path).normalize();
  }
}
