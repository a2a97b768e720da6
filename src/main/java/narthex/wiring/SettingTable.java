package narthex.wiring;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.nix.PublicKey;
import narthex.upstream.HttpUrl;

/**
 * All settings there are: the one truth of which {@code --help}, {@code
 * server-configs/narthex.properties} and the reading of settings are made.
 */
public final class SettingTable {
  /** Stands in a name for the position of an upstream in {@code narthex.upstreams}, from 1 on. */
  public static final String POSITION = "<n>";

  /** Names the file of settings; the only setting that cannot stand in that file. */
  static final Setting<Path> CONFIG_FILE =
      new Setting<>(
          "narthex.config-file",
          SettingType.PATH,
          "",
          "configuration file; it must exist if it is named here. Without this setting, the"
              + " first of these files that exists is read: conf/narthex.properties in Tomcat's"
              + " base directory, narthex.properties in WildFly's configuration directory,"
              + " /etc/narthex/narthex.properties, ./narthex.properties");

  static final Setting<String> HOSTNAME =
      new Setting<>(
          "narthex.hostname",
          SettingType.HOST,
          "<host-name>",
          "name of this binary cache, shown on its page; the signing key that it creates is"
              + " called <name>-1");
  static final Setting<Path> DATA_DIR =
      new Setting<>(
          "narthex.data-dir",
          SettingType.PATH,
          "narthex-data",
          "data directory, by default narthex-data-<context> unless the context path is /; relative"
              + " paths, here and in all other settings, start at Tomcat's base directory,"
              + " WildFly's data directory or the working directory");
  static final Setting<Integer> HTTP_PORT =
      new Setting<>(
          "narthex.http.port",
          SettingType.PORT,
          "8080",
          "port to listen on, standalone only; application servers have their own");
  static final Setting<String> HTTP_ADDRESS =
      new Setting<>(
          "narthex.http.address",
          SettingType.TEXT,
          "0.0.0.0",
          "address to listen on, standalone only");
  static final Setting<String> DATABASE_URL =
      new Setting<>(
          "narthex.database.url",
          SettingType.JDBC_URL,
          "jdbc:sqlite:<data-dir>/narthex.db",
          "JDBC URL of the database, SQLite or PostgreSQL");
  static final Setting<String> DATABASE_USER =
      new Setting<>("narthex.database.user", SettingType.TEXT, "", "database user");
  static final Setting<String> DATABASE_PASSWORD =
      new Setting<>(
          "narthex.database.password", SettingType.SECRET, "", "password of the database user");
  static final Setting<String> DATABASE_JNDI =
      new Setting<>(
          "narthex.database.jndi",
          SettingType.TEXT,
          "",
          "JNDI name of a data source of the application server, used instead of"
              + " narthex.database.url");
  static final Setting<Path> BLOB_URL =
      new Setting<>(
          "narthex.blob.url",
          SettingType.BLOB_ROOT,
          "file:<data-dir>/blobs",
          "where the bytes of NARs are stored");
  static final Setting<String> STORE_DIR =
      new Setting<>(
          "narthex.store-dir",
          SettingType.STORE_DIR,
          "/nix/store",
          "Nix store directory of all paths; paths of other store directories are not served");
  static final Setting<Boolean> WANT_MASS_QUERY =
      new Setting<>(
          "narthex.cache-info.want-mass-query",
          SettingType.SWITCH,
          "true",
          "WantMassQuery in nix-cache-info: whether clients may query many paths at once");
  static final Setting<Integer> PRIORITY =
      new Setting<>(
          "narthex.cache-info.priority",
          SettingType.NUMBER,
          "30",
          "Priority in nix-cache-info: clients ask caches with lower numbers first;"
              + " cache.nixos.org has 40");
  static final Setting<List<HttpUrl>> UPSTREAMS =
      new Setting<>(
          "narthex.upstreams",
          SettingType.UPSTREAMS,
          "https://cache.nixos.org",
          "upstream binary caches, which may contain user:password@; set it to nothing to"
              + " run without upstreams");
  static final Setting<List<PublicKey>> PUBLIC_KEYS =
      new Setting<>(
          "narthex.upstream.public-keys",
          SettingType.PUBLIC_KEYS,
          "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
          "public keys; every narinfo from an upstream must be signed by one of them");
  static final Setting<Boolean> ALLOW_UNSIGNED =
      new Setting<>(
          "narthex.upstream.allow-unsigned",
          SettingType.SWITCH,
          "false",
          "also accept unsigned narinfos from upstreams");
  static final Setting<Duration> CONNECT_TIMEOUT =
      new Setting<>(
          "narthex.upstream.connect-timeout",
          SettingType.POSITIVE_DURATION,
          "5s",
          "how long to wait for a connection to an upstream");
  static final Setting<Duration> READ_TIMEOUT =
      new Setting<>(
          "narthex.upstream.read-timeout",
          SettingType.POSITIVE_DURATION,
          "30s",
          "how long an upstream may send nothing on an open connection");
  static final Setting<Duration> BETTER_ANSWER_WAIT =
      new Setting<>(
          "narthex.upstream.better-answer-wait",
          SettingType.DURATION_OR_ZERO,
          "200ms",
          "how long a narinfo that was found waits for an answer from an upstream with"
              + " better priority");
  static final Setting<Duration> RETRY_WITHIN =
      new Setting<>(
          "narthex.upstream.retry-within",
          SettingType.DURATION_OR_ZERO,
          "10s",
          "how long after its start a failed request to an upstream may be retried, until the first"
              + " byte has come; 0s for no retry; the first try is not bounded by it");
  static final Setting<Duration> NEGATIVE_TTL =
      new Setting<>(
          "narthex.upstream.negative-ttl",
          SettingType.DURATION_OR_ZERO,
          "1m",
          "how long to remember that no upstream has a path");
  static final Setting<Integer> NEGATIVE_ENTRIES =
      new Setting<>(
          "narthex.upstream.negative-entries",
          SettingType.NUMBER,
          "100000",
          "how many missing paths to remember");
  static final Setting<Integer> MAX_CONNECTIONS =
      new Setting<>(
          "narthex.upstream.max-connections",
          SettingType.COUNT,
          "64",
          "connections to each upstream for NARs at most; as many are kept for narinfos, and a"
              + " quarter as many for documents");
  static final Setting<Integer> FAILURES_TO_OPEN =
      new Setting<>(
          "narthex.upstream.failures-to-open",
          SettingType.COUNT,
          "5",
          "number of consecutive failures after which an upstream is not asked for a while");
  static final Setting<Duration> PROBE_AFTER =
      new Setting<>(
          "narthex.upstream.probe-after",
          SettingType.POSITIVE_DURATION,
          "30s",
          "how long a failing upstream is not asked, until one request tries it again");
  static final Setting<List<PublicKey>> UPSTREAM_PUBLIC_KEYS =
      ofOneUpstream(
          "public-keys",
          SettingType.PUBLIC_KEYS,
          "public keys, instead of narthex.upstream.public-keys");
  static final Setting<Integer> UPSTREAM_PRIORITY =
      ofOneUpstream(
          "priority",
          SettingType.NUMBER,
          "priority, instead of the Priority in its nix-cache-info; lower is better");
  static final Setting<Boolean> UPSTREAM_ALLOW_UNSIGNED =
      ofOneUpstream(
          "allow-unsigned", SettingType.SWITCH, "whether to accept its unsigned narinfos");
  static final Setting<Duration> UPSTREAM_CONNECT_TIMEOUT =
      ofOneUpstream("connect-timeout", SettingType.POSITIVE_DURATION, "connect timeout");
  static final Setting<Duration> UPSTREAM_READ_TIMEOUT =
      ofOneUpstream("read-timeout", SettingType.POSITIVE_DURATION, "read timeout");
  static final Setting<Path> NETRC_FILE =
      new Setting<>(
          "narthex.netrc-file",
          SettingType.PATH,
          "",
          "netrc file with passwords for upstreams that have none in their URL");
  static final Setting<List<Path>> SIGNING_KEY_FILES =
      new Setting<>(
          "narthex.signing.key-files",
          SettingType.PATHS,
          "<data-dir>/signing.key",
          "secret keys that sign narinfos; the default file is created at the first start,"
              + " all others must exist");
  static final Setting<Duration> REVALIDATE_AFTER =
      new Setting<>(
          "narthex.narinfo.revalidate-after",
          SettingType.DURATION_OR_ZERO,
          "1d",
          "age after which a narinfo whose NAR is not stored is requested from upstream"
              + " again");
  static final Setting<Long> NARINFO_MEMORY =
      new Setting<>(
          "narthex.narinfo.memory-size",
          SettingType.BYTES,
          "64MiB",
          "memory for recent narinfo answers");
  static final Setting<Boolean> PREFETCH =
      new Setting<>(
          "narthex.prefetch",
          SettingType.SWITCH,
          "false",
          "fetch a NAR as soon as a client asks for its narinfo");
  static final Setting<Boolean> UPLOAD_ENABLED =
      new Setting<>(
          "narthex.upload.enabled",
          SettingType.SWITCH,
          "false",
          "accept uploads: nix copy --to http://<this server>/upload");
  static final Setting<Boolean> UPLOAD_REQUIRE_TRUSTED =
      new Setting<>(
          "narthex.upload.require-trusted",
          SettingType.SWITCH,
          "",
          "take only narinfos that a key of narthex.upload.trusted-keys signed; by default if there"
              + " is such a key");
  static final Setting<List<PublicKey>> UPLOAD_TRUSTED_KEYS =
      new Setting<>(
          "narthex.upload.trusted-keys", SettingType.PUBLIC_KEYS, "", "public keys of uploaders");
  static final Setting<Long> UPLOAD_MAX_NAR_SIZE =
      new Setting<>(
          "narthex.upload.max-nar-size",
          SettingType.BYTES,
          "16GiB",
          "maximum size of an uploaded NAR, uncompressed");
  static final Setting<Long> UPLOAD_MAX_DOCUMENT_SIZE =
      new Setting<>(
          "narthex.upload.max-document-size",
          SettingType.BYTES,
          "64MiB",
          "maximum size, uncompressed, of a build log or any other document besides narinfo"
              + " and NAR, uploaded or fetched from upstream");
  static final Setting<Duration> UPLOAD_GRACE =
      new Setting<>(
          "narthex.upload.grace",
          SettingType.POSITIVE_DURATION,
          "1d",
          "how long to keep an uploaded NAR that no narinfo refers to");
  static final Setting<Boolean> DELETE_ENABLED =
      new Setting<>(
          "narthex.delete.enabled",
          SettingType.SWITCH,
          "false",
          "accept DELETE requests for narinfos and NARs");
  private static final List<Setting<?>> ALL =
      List.of(
          CONFIG_FILE,
          HOSTNAME,
          DATA_DIR,
          HTTP_PORT,
          HTTP_ADDRESS,
          AccessSettings.HTTP_THREADS,
          DATABASE_URL,
          DATABASE_USER,
          DATABASE_PASSWORD,
          DATABASE_JNDI,
          BLOB_URL,
          CdcSettings.BLOB_PART_SIZE,
          STORE_DIR,
          WANT_MASS_QUERY,
          PRIORITY,
          UPSTREAMS,
          PUBLIC_KEYS,
          ALLOW_UNSIGNED,
          CONNECT_TIMEOUT,
          READ_TIMEOUT,
          BETTER_ANSWER_WAIT,
          RETRY_WITHIN,
          UpstreamNetworkSettings.ANSWER_WITHIN,
          NEGATIVE_TTL,
          NEGATIVE_ENTRIES,
          MAX_CONNECTIONS,
          FAILURES_TO_OPEN,
          PROBE_AFTER,
          UPSTREAM_PUBLIC_KEYS,
          UPSTREAM_PRIORITY,
          UPSTREAM_ALLOW_UNSIGNED,
          UPSTREAM_CONNECT_TIMEOUT,
          UPSTREAM_READ_TIMEOUT,
          UpstreamNetworkSettings.PROXY,
          UpstreamNetworkSettings.TRUST_STORE,
          UpstreamNetworkSettings.TRUST_STORE_PASSWORD,
          UpstreamNetworkSettings.ALLOW_HOSTS,
          NETRC_FILE,
          SIGNING_KEY_FILES,
          AccessSettings.READ_TOKENS,
          AccessSettings.READ_TOKENS_FILE,
          AccessSettings.WRITE_TOKENS,
          AccessSettings.WRITE_TOKENS_FILE,
          AccessSettings.ADMIN_TOKENS,
          AccessSettings.ADMIN_TOKENS_FILE,
          AccessSettings.ACCESS_REQUIRED,
          AccessSettings.BODY_IDLE_TIMEOUT,
          AccessSettings.BODY_MIN_RATE,
          AccessSettings.READ_IDLE_TIMEOUT,
          AccessSettings.READ_MIN_RATE,
          REVALIDATE_AFTER,
          NARINFO_MEMORY,
          PREFETCH,
          UPLOAD_ENABLED,
          UPLOAD_REQUIRE_TRUSTED,
          UPLOAD_TRUSTED_KEYS,
          UPLOAD_MAX_NAR_SIZE,
          UPLOAD_MAX_DOCUMENT_SIZE,
          UPLOAD_GRACE,
          DELETE_ENABLED,
          CdcSettings.CDC_MODE,
          CdcSettings.CDC_MIN,
          CdcSettings.CDC_AVG,
          CdcSettings.CDC_MAX,
          CdcSettings.CDC_ALLOW_OTHER_SIZES,
          CdcSettings.CDC_WORKERS,
          CdcSettings.CDC_DELETE_DELAY,
          CdcSettings.CDC_ADVERTISE);

  private SettingTable() {}

  /** Returns all settings in the order of the documentation. */
  public static List<Setting<?>> all() {
    return ALL;
  }

  private static <T> Setting<T> ofOneUpstream(String name, SettingType<T> type, String text) {
    return new Setting<>(
        "narthex.upstream." + POSITION + "." + name,
        type,
        "",
        "for the upstream at position <n> only: " + text);
  }
}
