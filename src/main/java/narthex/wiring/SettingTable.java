package narthex.wiring;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.nix.PublicKey;

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
          "file of settings, which must exist if it is named here; else the first that exists of"
              + " conf/narthex.properties of Tomcat's base, narthex.properties in WildFly's"
              + " configuration folder, /etc/narthex/narthex.properties and ./narthex.properties");

  static final Setting<String> HOSTNAME =
      new Setting<>(
          "narthex.hostname",
          SettingType.HOST,
          "<host-name>",
          "name of this binary cache: shown on its page, and <name>-1 is the name of the signing"
              + " key that it makes");
  static final Setting<Path> DATA_DIR =
      new Setting<>(
          "narthex.data-dir",
          SettingType.PATH,
          "narthex-data",
          "folder of everything that is kept; a relative path, here and in every other setting,"
              + " starts at Tomcat's base, WildFly's data folder, or the working directory");
  static final Setting<Integer> HTTP_PORT =
      new Setting<>(
          "narthex.http.port",
          SettingType.PORT,
          "8080",
          "port to listen on, standalone only: application servers have their own");
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
          "database of what is stored");
  static final Setting<String> DATABASE_USER =
      new Setting<>("narthex.database.user", SettingType.TEXT, "", "user of the database");
  static final Setting<String> DATABASE_PASSWORD =
      new Setting<>(
          "narthex.database.password", SettingType.SECRET, "", "password of the database user");
  static final Setting<String> DATABASE_JNDI =
      new Setting<>(
          "narthex.database.jndi",
          SettingType.TEXT,
          "",
          "JNDI name of a data source of the application server, in place of narthex.database.url");
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
          "store directory of all paths; what an upstream has for another one is not served");
  static final Setting<Boolean> WANT_MASS_QUERY =
      new Setting<>(
          "narthex.cache-info.want-mass-query",
          SettingType.SWITCH,
          "true",
          "WantMassQuery of our nix-cache-info: clients may ask for many paths at once");
  static final Setting<Integer> PRIORITY =
      new Setting<>(
          "narthex.cache-info.priority",
          SettingType.NUMBER,
          "30",
          "Priority of our nix-cache-info: clients ask lower numbers first, cache.nixos.org is 40");
  static final Setting<List<URI>> UPSTREAMS =
      new Setting<>(
          "narthex.upstreams",
          SettingType.UPSTREAMS,
          "https://cache.nixos.org",
          "binary caches to fetch from, may hold user:password@; set to nothing for none at all");
  static final Setting<List<PublicKey>> PUBLIC_KEYS =
      new Setting<>(
          "narthex.upstream.public-keys",
          SettingType.PUBLIC_KEYS,
          "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=",
          "keys one of which must have signed what an upstream says");
  static final Setting<Boolean> ALLOW_UNSIGNED =
      new Setting<>(
          "narthex.upstream.allow-unsigned",
          SettingType.SWITCH,
          "false",
          "also believe upstreams that sign nothing");
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
          "how long an upstream may be silent on an open connection");
  static final Setting<Duration> BETTER_ANSWER_WAIT =
      new Setting<>(
          "narthex.upstream.better-answer-wait",
          SettingType.DURATION_OR_ZERO,
          "200ms",
          "how long the hit of one upstream waits for an upstream of better priority");
  static final Setting<Duration> RETRY_WITHIN =
      new Setting<>(
          "narthex.upstream.retry-within",
          SettingType.DURATION_OR_ZERO,
          "10s",
          "how long a request is tried again before its first byte has come");
  static final Setting<Duration> NEGATIVE_TTL =
      new Setting<>(
          "narthex.upstream.negative-ttl",
          SettingType.DURATION_OR_ZERO,
          "1m",
          "how long it is remembered that no upstream has a path");
  static final Setting<Integer> NEGATIVE_ENTRIES =
      new Setting<>(
          "narthex.upstream.negative-entries",
          SettingType.NUMBER,
          "100000",
          "how many such paths are remembered");
  static final Setting<Integer> MAX_CONNECTIONS =
      new Setting<>(
          "narthex.upstream.max-connections",
          SettingType.COUNT,
          "64",
          "connections to each upstream at most");
  static final Setting<Integer> FAILURES_TO_OPEN =
      new Setting<>(
          "narthex.upstream.failures-to-open",
          SettingType.COUNT,
          "5",
          "failures in a row after which an upstream is left alone for a while");
  static final Setting<Duration> PROBE_AFTER =
      new Setting<>(
          "narthex.upstream.probe-after",
          SettingType.POSITIVE_DURATION,
          "30s",
          "how long a failing upstream is left alone before one request tries it again");
  static final Setting<List<PublicKey>> UPSTREAM_PUBLIC_KEYS =
      ofOneUpstream("public-keys", SettingType.PUBLIC_KEYS, "keys in place of the common ones");
  static final Setting<Integer> UPSTREAM_PRIORITY =
      ofOneUpstream(
          "priority",
          SettingType.NUMBER,
          "its rank in place of the Priority of its own nix-cache-info, lower is better");
  static final Setting<Boolean> UPSTREAM_ALLOW_UNSIGNED =
      ofOneUpstream(
          "allow-unsigned", SettingType.SWITCH, "whether to believe it although it signs nothing");
  static final Setting<Duration> UPSTREAM_CONNECT_TIMEOUT =
      ofOneUpstream("connect-timeout", SettingType.POSITIVE_DURATION, "its own time to connect");
  static final Setting<Duration> UPSTREAM_READ_TIMEOUT =
      ofOneUpstream("read-timeout", SettingType.POSITIVE_DURATION, "its own time of silence");
  static final Setting<Path> NETRC_FILE =
      new Setting<>(
          "narthex.netrc-file",
          SettingType.PATH,
          "",
          "netrc file with the passwords of upstreams that have none in their URL");
  static final Setting<List<Path>> SIGNING_KEY_FILES =
      new Setting<>(
          "narthex.signing.key-files",
          SettingType.PATHS,
          "<data-dir>/signing.key",
          "secret keys that sign what is served; the default one is made at the first start, others"
              + " must exist");
  static final Setting<Duration> REVALIDATE_AFTER =
      new Setting<>(
          "narthex.narinfo.revalidate-after",
          SettingType.DURATION_OR_ZERO,
          "1d",
          "after this a narinfo whose NAR is not stored is asked for upstream again");
  static final Setting<Long> NARINFO_MEMORY =
      new Setting<>(
          "narthex.narinfo.memory-size",
          SettingType.BYTES,
          "64MiB",
          "how much of the answers for narinfos is kept in memory");
  static final Setting<Boolean> PREFETCH =
      new Setting<>(
          "narthex.prefetch",
          SettingType.SWITCH,
          "false",
          "start to fetch a NAR as soon as its narinfo is asked for");
  static final Setting<Boolean> UPLOAD_ENABLED =
      new Setting<>(
          "narthex.upload.enabled",
          SettingType.SWITCH,
          "false",
          "clients may put paths here: nix copy --to http://<this server>/upload");
  static final Setting<Boolean> UPLOAD_REQUIRE_TRUSTED =
      new Setting<>(
          "narthex.upload.require-trusted",
          SettingType.SWITCH,
          "false",
          "take only narinfos that a key of narthex.upload.trusted-keys signed");
  static final Setting<List<PublicKey>> UPLOAD_TRUSTED_KEYS =
      new Setting<>(
          "narthex.upload.trusted-keys",
          SettingType.PUBLIC_KEYS,
          "",
          "keys one of which must have signed what is uploaded, if that is required");
  static final Setting<Long> UPLOAD_MAX_NAR_SIZE =
      new Setting<>(
          "narthex.upload.max-nar-size",
          SettingType.BYTES,
          "16GiB",
          "how large an uploaded NAR may be, decoded");
  static final Setting<Long> UPLOAD_MAX_DOCUMENT_SIZE =
      new Setting<>(
          "narthex.upload.max-document-size",
          SettingType.BYTES,
          "64MiB",
          "how large a build log or another document beside narinfo and NAR may be, decoded; also"
              + " one that is fetched from upstream");
  static final Setting<Duration> UPLOAD_GRACE =
      new Setting<>(
          "narthex.upload.grace",
          SettingType.POSITIVE_DURATION,
          "1d",
          "how long an uploaded NAR stays that no narinfo names");
  static final Setting<Boolean> DELETE_ENABLED =
      new Setting<>(
          "narthex.delete.enabled",
          SettingType.SWITCH,
          "false",
          "narinfos and NARs can be deleted by DELETE");
  private static final List<Setting<?>> ALL =
      List.of(
          CONFIG_FILE,
          HOSTNAME,
          DATA_DIR,
          HTTP_PORT,
          HTTP_ADDRESS,
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
        "of the upstream number <n>: " + text);
  }
}
