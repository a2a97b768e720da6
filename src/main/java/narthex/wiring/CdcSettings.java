package narthex.wiring;

import narthex.ingest.CdcMode;

/** The rows of the {@link SettingTable} that say when and how NARs are cut into chunks. */
final class CdcSettings {
  static final Setting<CdcMode> CDC_MODE =
      new Setting<>(
          "narthex.cdc.mode",
          SettingType.CDC_MODE,
          "off",
          "when NARs are cut into chunks that they share with each other: off stores new ones as"
              + " they come and goes on serving chunks that are stored; eager stores every NAR as"
              + " chunks and tells clients so from the first narinfo on");
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
