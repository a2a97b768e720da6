package narthex.settings;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a bucket is used; nothing of it holds for a directory of blobs.
 *
 * @param keys what the server knows us by
 * @param limits time-outs
 * @param objects properties of new objects
 * @param cacheBytes limit of the local files that hold copies of blobs; 0 for no files
 */
public record BucketSettings(Keys keys, Limits limits, Objects objects, long cacheBytes) {
  /** Less than a few pieces for each of a few readers would be of no use. */
  private static final long LEAST_CACHE_BYTES = 256L << 20;

  static final Setting<String> ACCESS_KEY =
      new Setting<>(
          "narthex.blob.access-key",
          SettingType.TEXT,
          "",
          "access key of the S3 server; without one, the AWS environment variables, profile or"
              + " role of the machine are used");

  /** The file with the access key. */
  public static final Setting<Path> ACCESS_KEY_FILE =
      new Setting<>(
          "narthex.blob.access-key-file", SettingType.PATH, "", "file with the access key");

  static final Setting<String> SECRET_KEY =
      new Setting<>(
          "narthex.blob.secret-key", SettingType.SECRET, "", "secret key of the access key");

  /** The file with the secret key. */
  public static final Setting<Path> SECRET_KEY_FILE =
      new Setting<>(
          "narthex.blob.secret-key-file", SettingType.PATH, "", "file with the secret key");

  static final Setting<Duration> CONNECT_TIMEOUT =
      new Setting<>(
          "narthex.blob.connect-timeout",
          SettingType.POSITIVE_DURATION,
          "5s",
          "longest wait for a connection to the S3 server");
  static final Setting<Duration> READ_TIMEOUT =
      new Setting<>(
          "narthex.blob.read-timeout",
          SettingType.POSITIVE_DURATION,
          "30s",
          "longest silence of the S3 server during a request");
  static final Setting<Duration> RETRY_WITHIN =
      new Setting<>(
          "narthex.blob.retry-within",
          SettingType.DURATION_OR_ZERO,
          "20s",
          "how long a request to the S3 server is retried; 0s is never");
  static final Setting<String> ENCRYPTION =
      new Setting<>(
          "narthex.blob.encryption",
          SettingType.ENCRYPTION,
          "",
          "server-side encryption of new objects; without it, the bucket decides");
  static final Setting<String> KMS_KEY =
      new Setting<>(
          "narthex.blob.kms-key",
          SettingType.TEXT,
          "",
          "id of the KMS key for aws:kms; without it, the default key of the account");
  static final Setting<String> STORAGE_CLASS =
      new Setting<>(
          "narthex.blob.storage-class",
          SettingType.STORAGE_CLASS,
          "",
          "storage class of new objects, such as STANDARD_IA; without it, the server decides");

  static final Setting<Long> CACHE_SIZE =
      new Setting<>(
          "narthex.blob.cache-size",
          SettingType.BYTES,
          "10GiB",
          "local disk space for copies of what was read from the S3 server; at least 256MiB, or 0"
              + " for none");

  /**
   * The credentials. Each key is given as a text or as a file; both are null if neither is.
   *
   * @param accessKey the access key, or null
   * @param accessKeyFile file with the access key, or null
   * @param secretKey the secret key, or null
   * @param secretKeyFile file with the secret key, or null
   */
  public record Keys(
      @Nullable String accessKey,
      @Nullable Path accessKeyFile,
      @Nullable String secretKey,
      @Nullable Path secretKeyFile) {
    /** Whether there are keys. */
    public boolean areGiven() {
      return accessKey != null || accessKeyFile != null;
    }

    /** Without the keys. */
    @Override
    public String toString() {
      return "Keys[given=" + areGiven() + "]";
    }
  }

  /**
   * Time-outs.
   *
   * @param connect longest wait for a connection
   * @param read longest silence during a request
   * @param retryWithin how long a request is retried
   */
  public record Limits(Duration connect, Duration read, Duration retryWithin) {}

  /**
   * Properties of new objects.
   *
   * @param encryption server-side encryption, or null
   * @param kmsKey id of a KMS key, or null
   * @param storageClass storage class, or null
   */
  public record Objects(
      @Nullable String encryption, @Nullable String kmsKey, @Nullable String storageClass) {}

  /**
   * Reads them.
   *
   * @param reader where they are written
   * @param base folder that relative paths start from
   * @throws SettingsException if one of the two keys is missing, or given twice
   */
  static BucketSettings read(SettingsReader reader, Path base) {
    Keys keys =
        new Keys(
            reader.find(ACCESS_KEY),
            absolute(reader.find(ACCESS_KEY_FILE), base),
            reader.find(SECRET_KEY),
            absolute(reader.find(SECRET_KEY_FILE), base));
    refuseBoth(reader, ACCESS_KEY, ACCESS_KEY_FILE);
    refuseBoth(reader, SECRET_KEY, SECRET_KEY_FILE);
    boolean hasSecret = keys.secretKey() != null || keys.secretKeyFile() != null;
    if (keys.areGiven() != hasSecret) {
      Setting<?> given = hasSecret ? SECRET_KEY : ACCESS_KEY;
      Setting<?> missing = hasSecret ? ACCESS_KEY : SECRET_KEY;
      throw reader.problem(missing, "is missing; it is needed together with " + given.name());
    }
    return new BucketSettings(
        keys,
        new Limits(
            value(reader, CONNECT_TIMEOUT),
            value(reader, READ_TIMEOUT),
            value(reader, RETRY_WITHIN)),
        new Objects(reader.find(ENCRYPTION), reader.find(KMS_KEY), reader.find(STORAGE_CLASS)),
        cacheBytes(reader));
  }

  private static long cacheBytes(SettingsReader reader) {
    long bytes = value(reader, CACHE_SIZE);
    if (bytes > 0 && bytes < LEAST_CACHE_BYTES) {
      throw reader.problem(CACHE_SIZE, "must be 0 or at least 256MiB");
    }
    return bytes;
  }

  private static void refuseBoth(SettingsReader reader, Setting<?> text, Setting<?> file) {
    if (reader.text(text) != null && reader.text(file) != null) {
      throw reader.problem(file, "cannot be given together with " + text.name());
    }
  }

  private static @Nullable Path absolute(@Nullable Path path, Path base) {
    return path == null ? null : base.resolve(path).normalize();
  }

  private static <T> T value(SettingsReader reader, Setting<T> setting) {
    T given = reader.find(setting);
    return given == null ? reader.parse(setting, setting.defaultText()) : given;
  }
}
