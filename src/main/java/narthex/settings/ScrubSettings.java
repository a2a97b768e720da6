package narthex.settings;

import java.time.Duration;
import java.util.Optional;

/** The settings for the scrub of the store. */
public final class ScrubSettings {
  static final Setting<Optional<Duration>> SCRUB_PERIOD =
      new Setting<>(
          "narthex.scrub.period",
          SettingType.DURATION_OR_OFF,
          "30d",
          "how often to read the whole store and repair what is damaged; off for never");

  static final Setting<Long> SCRUB_RATE =
      new Setting<>(
          "narthex.scrub.rate",
          SettingType.BYTES,
          "16MiB",
          "most bytes to read per second while the store is scrubbed; 0 for any number");

  private ScrubSettings() {}

  /**
   * When and how fast to scrub.
   *
   * @param period time between the beginnings of two scrubs
   * @param bytesPerSecond most bytes to read per second; 0 for any number
   */
  public record Policy(Duration period, long bytesPerSecond) {}
}
