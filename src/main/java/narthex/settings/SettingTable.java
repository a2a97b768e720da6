package narthex.settings;

import java.util.List;

/**
 * The list of all settings. {@code --help}, {@code server-configs/narthex.properties} and the
 * validation of names are all derived from it.
 */
public final class SettingTable {
  /**
   * Placeholder in a name for the position of an upstream in {@code narthex.upstreams}, counted
   * from 1.
   */
  public static final String POSITION = "<n>";

  private static final List<Setting<?>> ALL =
      List.of(
          ServerSettings.CONFIG_FILE,
          ServerSettings.HOSTNAME,
          ServerSettings.DATA_DIR,
          ServerSettings.HTTP_PORT,
          ServerSettings.HTTP_ADDRESS,
          ServerSettings.HTTP_THREADS,
          ServerSettings.HTTP_CONNECTIONS,
          ServerSettings.HTTP_SEND_BUFFER,
          ServerSettings.HTTP_STOP_DELAY,
          LogSettings.LEVEL,
          LogSettings.FORMAT,
          StorageSettings.DATABASE_URL,
          StorageSettings.DATABASE_USER,
          StorageSettings.DATABASE_PASSWORD,
          StorageSettings.DATABASE_JNDI,
          StorageSettings.BLOB_URL,
          StorageSettings.BLOB_PART_SIZE,
          BucketSettings.ACCESS_KEY,
          BucketSettings.ACCESS_KEY_FILE,
          BucketSettings.SECRET_KEY,
          BucketSettings.SECRET_KEY_FILE,
          BucketSettings.CONNECT_TIMEOUT,
          BucketSettings.READ_TIMEOUT,
          BucketSettings.RETRY_WITHIN,
          BucketSettings.ENCRYPTION,
          BucketSettings.KMS_KEY,
          BucketSettings.STORAGE_CLASS,
          BucketSettings.CACHE_SIZE,
          ServerSettings.STORE_DIR,
          ServerSettings.WANT_MASS_QUERY,
          ServerSettings.PRIORITY,
          UpstreamSettings.UPSTREAMS,
          UpstreamSettings.PUBLIC_KEYS,
          UpstreamSettings.ALLOW_UNSIGNED,
          UpstreamSettings.CONNECT_TIMEOUT,
          UpstreamSettings.READ_TIMEOUT,
          UpstreamSettings.BETTER_ANSWER_WAIT,
          UpstreamSettings.RETRY_WITHIN,
          UpstreamSettings.ANSWER_WITHIN,
          UpstreamSettings.NEGATIVE_TTL,
          UpstreamSettings.NEGATIVE_ENTRIES,
          UpstreamSettings.MAX_CONNECTIONS,
          UpstreamSettings.FAILURES_TO_OPEN,
          UpstreamSettings.PROBE_AFTER,
          UpstreamSettings.UPSTREAM_PUBLIC_KEYS,
          UpstreamSettings.UPSTREAM_PRIORITY,
          UpstreamSettings.UPSTREAM_ALLOW_UNSIGNED,
          UpstreamSettings.UPSTREAM_CONNECT_TIMEOUT,
          UpstreamSettings.UPSTREAM_READ_TIMEOUT,
          UpstreamSettings.PROXY,
          UpstreamSettings.TRUST_STORE,
          UpstreamSettings.TRUST_STORE_PASSWORD,
          UpstreamSettings.ALLOW_HOSTS,
          UpstreamSettings.NETRC_FILE,
          ServerSettings.SIGNING_KEY_FILES,
          AccessSettings.METRICS_TOKENS,
          AccessSettings.METRICS_TOKENS_FILE,
          AccessSettings.READ_TOKENS,
          AccessSettings.READ_TOKENS_FILE,
          AccessSettings.WRITE_TOKENS,
          AccessSettings.WRITE_TOKENS_FILE,
          AccessSettings.ADMIN_TOKENS,
          AccessSettings.ADMIN_TOKENS_FILE,
          AccessSettings.ACCESS_REQUIRED,
          MetricsSettings.PUBLIC,
          MetricsSettings.OTLP_URL,
          MetricsSettings.OTLP_INTERVAL,
          MetricsSettings.OTLP_HEADERS,
          UploadSettings.BODY_IDLE_TIMEOUT,
          UploadSettings.BODY_MIN_RATE,
          ServerSettings.READ_IDLE_TIMEOUT,
          ServerSettings.READ_MIN_RATE,
          ServerSettings.REVALIDATE_AFTER,
          ServerSettings.NARINFO_MEMORY,
          ServerSettings.MEMORY_TTL,
          ServerSettings.PREFETCH,
          UploadSettings.UPLOAD_ENABLED,
          UploadSettings.UPLOAD_REQUIRE_TRUSTED,
          UploadSettings.UPLOAD_TRUSTED_KEYS,
          UploadSettings.UPLOAD_MAX_NAR_SIZE,
          UploadSettings.UPLOAD_MAX_DOCUMENT_SIZE,
          UploadSettings.UPLOAD_GRACE,
          UploadSettings.DELETE_ENABLED,
          CdcSettings.CDC_MODE,
          CdcSettings.CDC_MIN,
          CdcSettings.CDC_AVG,
          CdcSettings.CDC_MAX,
          CdcSettings.CDC_ALLOW_OTHER_SIZES,
          CdcSettings.CDC_WORKERS,
          CdcSettings.CDC_DELETE_DELAY,
          CdcSettings.CDC_ADVERTISE,
          EvictionSettings.MAX_SIZE,
          EvictionSettings.MIN_FREE,
          EvictionSettings.LOW_WATER,
          EvictionSettings.SPARE_UPLOADS,
          EvictionSettings.KEEP,
          CollectionSettings.COLLECT_PERIOD,
          CollectionSettings.COLLECT_COMPACT_BELOW,
          CollectionSettings.REPACK_LEVEL,
          ScrubSettings.SCRUB_PERIOD,
          ScrubSettings.SCRUB_RATE,
          ClusterSettings.ENABLED,
          ClusterSettings.NAME,
          ClusterSettings.BIND_ADDRESS,
          ClusterSettings.PORT,
          ClusterSettings.DISCOVERY,
          ClusterSettings.EXPECTED_MEMBERS,
          ClusterSettings.SECRET,
          ClusterSettings.SECRET_FILE);

  private SettingTable() {}

  /** Returns all settings in the order of the documentation. */
  public static List<Setting<?>> all() {
    return ALL;
  }
}
