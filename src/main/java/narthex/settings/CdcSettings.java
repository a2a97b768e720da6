package narthex.settings;

import java.time.Duration;
import java.util.Set;
import narthex.nix.Compression;

/** The settings for content-defined chunking (CDC) of NARs. */
public final class CdcSettings {
  /** The values of {@link #CDC_MODE}. */
  static final Set<String> MODES = Set.of("off", "lazy", "eager");

  static final Setting<String> CDC_MODE =
      new Setting<>(
          "narthex.cdc.mode",
          SettingType.CDC_MODE,
          "off",
          "when NARs are cut into chunks that they share. off: new NARs are stored as they"
              + " come. lazy: new NARs are stored as they come and cut in the background. eager:"
              + " NARs are cut as they come, and clients are told so from the first narinfo on."
              + " Stored chunks are served in every mode");

  /** A limit of the size of chunks, in bytes. */
  public static final Setting<Long> CDC_MIN =
      size(
          "narthex.cdc.min",
          "16KiB",
          "minimum chunk size; only the last chunk of a NAR may be smaller");

  /** Average chunk size, in bytes. */
  public static final Setting<Long> CDC_AVG =
      size("narthex.cdc.avg", "64KiB", "average chunk size");

  /** A limit of the size of chunks, in bytes. */
  public static final Setting<Long> CDC_MAX =
      size("narthex.cdc.max", "256KiB", "maximum chunk size");

  /** Whether to start although the stored chunks were cut with other sizes. */
  public static final Setting<Boolean> CDC_ALLOW_OTHER_SIZES =
      new Setting<>(
          "narthex.cdc.allow-other-sizes",
          SettingType.BOOLEAN,
          "false",
          "start although the stored chunks were cut with other sizes; they stay readable,"
              + " but new chunks hardly ever match them");

  static final Setting<Integer> CDC_WORKERS =
      new Setting<>(
          "narthex.cdc.workers",
          SettingType.COUNT,
          "1",
          "how many NARs are cut in the background at the same time, unless"
              + " narthex.cdc.mode is off");
  static final Setting<Duration> CDC_DELETE_DELAY =
      new Setting<>(
          "narthex.cdc.delete-delay",
          SettingType.DURATION_OR_ZERO,
          "24h",
          "how long to keep the compressed file of a NAR after the NAR was cut into chunks");
  static final Setting<Compression> CDC_ADVERTISE =
      new Setting<>(
          "narthex.cdc.advertise",
          SettingType.ADVERTISED,
          "none",
          "how chunked NARs are advertised. none: uncompressed. zstd: as a zstd file made"
              + " of the stored chunks, once its hash is known");

  private CdcSettings() {}

  private static Setting<Long> size(String name, String defaultText, String text) {
    return new Setting<>(name, SettingType.BYTES, defaultText, text);
  }
}
