package narthex.settings;

/**
 * What the standalone server logs, and how. Application servers have a log of their own.
 *
 * @param level the least important events that are logged
 * @param format how an event is written
 */
public record LogSettings(Level level, Format format) {
  static final Setting<Level> LEVEL =
      new Setting<>(
          "narthex.log.level",
          SettingType.LOG_LEVEL,
          "info",
          "the least important events in the log; access is info and one line for each request;"
              + " standalone only");

  static final Setting<Format> FORMAT =
      new Setting<>(
          "narthex.log.format",
          SettingType.LOG_FORMAT,
          "text",
          "how events are logged: text, or one JSON object per line; standalone only");

  /** The least important events that are logged; each level includes those before it. */
  public enum Level {
    /** Work that failed and that nobody tries again. */
    ERROR,
    /** Trouble. */
    WARNING,
    /** What changes the store. */
    INFO,
    /** Each request. */
    ACCESS,
    /** Details for developers. */
    DEBUG
  }

  /** How an event is written. */
  public enum Format {
    /** A line of text. */
    TEXT,
    /** A line with a JSON object. */
    JSON
  }
}
