package narthex.settings;

import java.time.Duration;
import java.util.OptionalInt;
import narthex.nix.Compression;

/** The settings for the collection of chunks that no NAR refers to. */
final class CollectionSettings {
  static final Setting<Duration> COLLECT_PERIOD =
      new Setting<>(
          "narthex.collect.period",
          SettingType.POSITIVE_DURATION,
          "1h",
          "how often to search for chunks that no NAR refers to any more, and remove them");

  static final Setting<Double> COLLECT_COMPACT_BELOW =
      new Setting<>(
          "narthex.collect.compact-below",
          SettingType.FRACTION,
          "0.5",
          "copy the used chunks out of a pack when they make up less than this fraction of it,"
              + " and delete the pack; 0 for never");

  static final Setting<OptionalInt> REPACK_LEVEL =
      new Setting<>(
          "narthex.repack.level",
          SettingType.ZSTD_LEVEL,
          "19",
          "zstd level at which packs of chunks are compressed again, each once, while no client has"
              + " been served for a minute; off for never. In a cluster that advertises zstd files"
              + " (narthex.cdc.advertise) it is always off");

  private CollectionSettings() {}

  /**
   * Returns the level at which packs are compressed again; empty for never. Never in a cluster that
   * advertises zstd files: these are made again from packs that were compressed again, and replicas
   * with other versions of zstd, as during an update, would make other files under the same name.
   *
   * @throws SettingsException if another level than the default is given in such a cluster
   */
  static OptionalInt repackLevel(SettingsReader reader, OptionalInt level, Compression advertised) {
    boolean isCluster = Boolean.TRUE.equals(reader.find(ClusterSettings.ENABLED));
    if (!isCluster || advertised != Compression.ZSTD) {
      return level;
    }
    OptionalInt given = reader.find(REPACK_LEVEL);
    if (given != null && given.isPresent()) {
      throw reader.problem(
          REPACK_LEVEL,
          "must be off in a cluster with narthex.cdc.advertise=zstd: replicas with other versions"
              + " of zstd would make other files");
    }
    return OptionalInt.empty();
  }
}
