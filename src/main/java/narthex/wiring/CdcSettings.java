package narthex.wiring;

import java.time.Duration;
import narthex.ingest.CdcMode;
import narthex.serve.Advertising;

/** The rows of the {@link SettingTable} that say when and how NARs are cut into chunks. */
final class CdcSettings {
  static final Setting<CdcMode> CDC_MODE =
      new Setting<>(
          "narthex.cdc.mode",
          SettingType.CDC_MODE,
          "off",
          "when NARs are cut into chunks that they share with each other: off stores new ones as"
              + " they come and goes on serving chunks that are stored; lazy does the same, and cuts them in"
              + " the background; eager stores every NAR as chunks and tells clients so from the"
              + " first narinfo on");
  static final Setting<Long> CDC_MIN =
      size(
          "narthex.cdc.min", "16KiB", "length of the shortest chunk; only the last may be shorter");
  static final Setting<Long> CDC_AVG =
      size("narthex.cdc.avg", "64KiB", "length around which most chunks fall");
  static final Setting<Long> CDC_MAX =
      size("narthex.cdc.max", "256KiB", "length of the longest chunk");
  static final Setting<Boolean> CDC_ALLOW_OTHER_SIZES =
      new Setting<>(
          "narthex.cdc.allow-other-sizes",
          SettingType.SWITCH,
          "false",
          "cut new chunks although those that are stored were cut with other sizes: they stay"
              + " readable, but are hardly ever shared with new ones");
  static final Setting<Integer> CDC_WORKERS =
      new Setting<>(
          "narthex.cdc.workers",
          SettingType.COUNT,
          "1",
          "how many NARs are cut at once in the background, unless chunking is off");
  static final Setting<Duration> CDC_DELETE_DELAY =
      new Setting<>(
          "narthex.cdc.delete-delay",
          SettingType.DURATION_OR_ZERO,
          "24h",
          "how long the compressed file of a NAR stays after the NAR was cut into chunks");
  static final Setting<Advertising.Chunked> CDC_ADVERTISE =
      new Setting<>(
          "narthex.cdc.advertise",
          SettingType.ADVERTISED,
          "none",
          "how NARs that are stored as chunks are advertised: none, uncompressed; zstd, as a zstd"
              + " file made of the stored chunks, once its hash is known");
  static final Setting<Long> BLOB_PART_SIZE =
      size(
          "narthex.blob.part-size",
          "8MiB",
          "length from which on a pack of chunks is full and the next one begins");

  private CdcSettings() {}

  private static Setting<Long> size(String name, String defaultText, String text) {
    return new Setting<>(name, SettingType.BYTES, defaultText, text);
  }
}
