package narthex.settings;

import org.jspecify.annotations.Nullable;

/**
 * An unknown setting or an unusable value; stops the start. The message is one line that names the
 * setting, its source if known, and the problem. It never contains a secret. Has no stack trace.
 */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String setting;
  private final @Nullable String source;

  /**
   * Reports a problem with one setting.
   *
   * @param setting the name of the setting as the administrator wrote it
   * @param source the source (a file, the environment, a system property), or null if unknown
   * @param problem the problem, and the allowed values; control characters are replaced by '?'
   */
  public SettingsException(String setting, @Nullable String source, String problem) {
    super(
        printable(setting + (source == null ? "" : " (" + source + ")") + ": " + problem),
        null,
        false,
        false); // no stack trace: servers would print it, and it doesn't help an operator
    this.setting = setting;
    this.source = source;
  }

  /** Returns the name of the setting as the administrator wrote it. */
  public String setting() {
    return setting;
  }

  /** Returns the source of the setting, or null if unknown. */
  public @Nullable String source() {
    return source;
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}|\\u2028|\\u2029|\\u0085", "?");
  }
}
