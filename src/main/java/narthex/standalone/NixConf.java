package narthex.standalone;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The text of a {@code nix.conf}. Changes keep all other lines, and change nothing if the value is
 * there. Immutable.
 */
record NixConf(List<String> lines) {
  private static final String EXTRA = "extra-";

  /** Copies the lines. */
  NixConf {
    lines = List.copyOf(lines);
  }

  static NixConf parse(String text) {
    return new NixConf(text.lines().toList());
  }

  /** The text with a newline at the end. */
  String print() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  /** Returns the value of a setting; the last line counts. */
  Optional<String> find(String setting) {
    return lines.stream()
        .filter(line -> isOf(line, setting))
        .reduce((first, last) -> last)
        .map(NixConf::value);
  }

  /**
   * Adds a word to a list, unless the list has it: to the line with {@code extra-} before the name,
   * or as such a line. So the list keeps Nix's default. A line without {@code extra-} voids all
   * those before it.
   */
  NixConf withWord(String setting, String word) {
    String extra = EXTRA + setting;
    int start = Math.max(0, lines.size() - 1);
    while (start > 0 && !isOf(lines.get(start), setting)) {
      start--;
    }
    boolean isThere =
        lines.stream()
            .skip(start)
            .filter(line -> isOf(line, setting) || isOf(line, extra))
            .anyMatch(line -> Arrays.asList(value(line).split("\\s+")).contains(word));
    if (isThere) {
      return this;
    }
    List<String> changed = new ArrayList<>(lines);
    for (int i = changed.size() - 1; i >= start; i--) {
      if (isOf(changed.get(i), extra)) {
        String value = (value(changed.get(i)) + " " + word).strip();
        changed.set(i, extra + " = " + value);
        return new NixConf(changed);
      }
    }
    changed.add(extra + " = " + word);
    return new NixConf(changed);
  }

  /** Sets a value, unless the setting has one. */
  NixConf withDefault(String setting, String value) {
    if (find(setting).isPresent()) {
      return this;
    }
    List<String> changed = new ArrayList<>(lines);
    changed.add(setting + " = " + value);
    return new NixConf(changed);
  }

  private static boolean isOf(String line, String setting) {
    String start = line.strip();
    return start.startsWith(setting)
        && start.substring(setting.length()).stripLeading().startsWith("=");
  }

  /** The value of a line, without a comment. */
  private static String value(String line) {
    String value = line.substring(line.indexOf('=') + 1);
    int comment = value.indexOf('#');
    return (comment < 0 ? value : value.substring(0, comment)).strip();
  }
}
