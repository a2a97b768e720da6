package narthex.settings;

import java.util.Locale;
import java.util.Objects;

/**
 * One setting: a row of the {@link SettingTable}. Immutable.
 *
 * @param name the property name, such as {@code narthex.http.port}; {@link SettingTable#POSITION}
 *     is the placeholder for the position of an upstream
 * @param type validates and parses values
 * @param defaultText the default, as text; {@code <data-dir>} and {@code <host-name>} are
 *     placeholders; empty means no default
 * @param description one sentence for the documentation, without a full stop
 * @param <T> the type of the parsed value
 */
public record Setting<T>(String name, SettingType<T> type, String defaultText, String description) {

  /** Rejects null components. */
  public Setting {
    Objects.requireNonNull(name);
    Objects.requireNonNull(type);
    Objects.requireNonNull(defaultText);
    Objects.requireNonNull(description);
  }

  /**
   * Returns the name of the environment variable for this setting, such as {@code
   * NARTHEX_HTTP_PORT}.
   */
  public String environmentName() {
    return environmentName(name);
  }

  /** Returns whether each upstream has its own value of this setting. */
  public boolean isPositional() {
    return name.contains(SettingTable.POSITION);
  }

  /** Returns this setting for the upstream at a position, counted from 1. */
  public Setting<T> at(int position) {
    return new Setting<>(
        name.replace(SettingTable.POSITION, Integer.toString(position)),
        type,
        defaultText,
        description);
  }

  static String environmentName(String name) {
    return name.replaceAll("[^A-Za-z0-9<>]", "_").toUpperCase(Locale.ROOT);
  }
}
