package narthex.settings;

import org.jspecify.annotations.Nullable;

/**
 * A setting that is unknown or malformed; it stops the start. The message is one line that names
 * the setting, where it came from if that is known, its value unless it is secret, and what is
 * allowed.
 */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String setting;
  private final @Nullable String source;

  /**
   * Says what is wrong with one setting.
   *
   * @param setting the name of the setting as it was written
   * @param source where it was written (a file, the environment, a system property), or null
   * @param problem what is wrong and what is allowed; control characters are shown as '?'
   */
  public SettingsException(String setting, @Nullable String source, String problem) {
    super(
        printable(setting + (source == null ? "" : " (" + source + ")") + ": " + problem),
        null,
        false,
        false); // servers would print the stack, which tells an operator nothing
    this.setting = setting;
    this.source = source;
  }

  /** Returns the name of the setting, as it was written. */
  public String setting() {
    return setting;
  }

  /** Returns where the setting was written, or null if that is not known. */
  public @Nullable String source() {
    return source;
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}|\\u2028|\\u2029|\\u0085", "?");
  }
}
