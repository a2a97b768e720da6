package narthex.settings;

import java.util.Locale;
import java.util.Objects;

/**
 * One row of the {@link SettingTable}.
 *
 * @param name the name, such as {@code narthex.http.port}; {@link SettingTable#POSITION} stands for
 *     the position of an upstream
 * @param type what values are allowed
 * @param defaultText the value that holds when none is given; {@code <data-dir>} and {@code
 *     <host-name>} are replaced; empty means none
 * @param description one sentence for people, without a full stop
 * @param <T> the type of the parsed value
 */
public record Setting<T>(String name, SettingType<T> type, String defaultText, String description) {

  /** Checks that nothing is missing. */
  public Setting {
    Objects.requireNonNull(name);
    Objects.requireNonNull(type);
    Objects.requireNonNull(defaultText);
    Objects.requireNonNull(description);
  }

  /** Returns the name of the environment variable that sets this: {@code NARTHEX_HTTP_PORT}. */
  public String environmentName() {
    return environmentName(name);
  }

  /** Returns whether this setting has one value for every upstream, by its position. */
  public boolean isPositional() {
    return name.contains(SettingTable.POSITION);
  }

  /** Returns this setting for the upstream at a position counted from 1. */
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
