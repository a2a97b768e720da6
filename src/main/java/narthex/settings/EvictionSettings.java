package narthex.settings;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When and what to evict.
 *
 * @param maxBytes most stored bytes, or null for any number
 * @param minFreeBytes least free bytes of the file system of the blobs, or null for any number
 * @param lowWater fraction of the limit to evict down to
 * @param spareUploads how long an upload is never evicted
 * @param keepsUnavailable whether to keep what was uploaded and what no upstream has any more
 */
public record EvictionSettings(
    @Nullable Long maxBytes,
    @Nullable Long minFreeBytes,
    double lowWater,
    Duration spareUploads,
    boolean keepsUnavailable) {
  /** Less would leave no room for a few large NARs. */
  private static final long LEAST_MAX_BYTES = 1L << 20;

  private static final double LEAST_LOW_WATER = 0.1;

  static final Setting<Long> MAX_SIZE =
      new Setting<>(
          "narthex.max-size",
          SettingType.BYTES,
          "",
          "most bytes to store; near this size, the least recently used NARs are evicted; without"
              + " it, the size has no limit");

  /** Least free bytes. */
  public static final Setting<Long> MIN_FREE =
      new Setting<>(
          "narthex.min-free",
          SettingType.BYTES,
          "",
          "evict NARs when the file system of the blobs has less free space than this; without it,"
              + " free space doesn't matter");

  static final Setting<Double> LOW_WATER =
      new Setting<>(
          "narthex.evict.low-water",
          SettingType.FRACTION,
          "0.9",
          "fraction of narthex.max-size that is left when NARs were evicted; from 0.1 to 1");

  static final Setting<Duration> SPARE_UPLOADS =
      new Setting<>(
          "narthex.evict.spare-uploads",
          SettingType.DURATION_OR_ZERO,
          "7d",
          "how long an upload is never evicted, also if narthex.evict.keep is nothing");

  static final Setting<Boolean> KEEP =
      new Setting<>(
          "narthex.evict.keep",
          SettingType.KEEPS_UNAVAILABLE,
          "unavailable",
          "what is never evicted. unavailable: what was uploaded, and what no upstream has any"
              + " more. nothing: everything may be evicted; uploads are deleted then");

  /** Returns whether there is any limit. */
  public boolean isLimited() {
    return maxBytes != null || minFreeBytes != null;
  }

  /**
   * Reads them.
   *
   * @param reader where they are written
   * @param blobs where the blobs are stored
   * @throws SettingsException if a limit can't be held
   */
  static EvictionSettings read(SettingsReader reader, BlobPlace blobs) {
    Long maxBytes = reader.find(MAX_SIZE);
    if (maxBytes != null && maxBytes < LEAST_MAX_BYTES) {
      throw reader.problem(MAX_SIZE, "must be at least 1MiB");
    }
    Long minFreeBytes = reader.find(MIN_FREE);
    if (minFreeBytes != null && !(blobs instanceof BlobPlace.Directory)) {
      throw reader.problem(
          MIN_FREE, "needs a directory in " + StorageSettings.BLOB_URL.name() + ", not a bucket");
    }
    double lowWater = value(reader, LOW_WATER);
    if (lowWater < LEAST_LOW_WATER) {
      throw reader.problem(LOW_WATER, "must be at least 0.1");
    }
    return new EvictionSettings(
        maxBytes, minFreeBytes, lowWater, value(reader, SPARE_UPLOADS), value(reader, KEEP));
  }

  private static <T> T value(SettingsReader reader, Setting<T> setting) {
    T given = reader.find(setting);
    return given == null ? reader.parse(setting, setting.defaultText()) : given;
  }
}
