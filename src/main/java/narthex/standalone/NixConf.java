package narthex.standalone;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The text of a {@code nix.conf}. Changes keep all other lines, and change nothing if the value is
 * there, also under an old name of the setting or in an included file. Immutable.
 *
 * @param lines its lines
 * @param included what the lines include, by their index: the lines in effect, without further
 *     inclusions
 * @see <a href="https://nix.dev/manual/nix/latest/command-ref/conf-file">nix.conf in the Nix
 *     manual</a>
 */
record NixConf(List<String> lines, Map<Integer, List<String>> included) {
  private static final String EXTRA = "extra-";

  /** The names that settings had before, which Nix still takes. */
  private static final Map<String, String> OLD_NAMES =
      Map.of(
          "substituters", "binary-caches",
          "trusted-public-keys", "binary-cache-public-keys");

  private static final Pattern INCLUDE = Pattern.compile("\\s*!?include\\s+([^\\s#]+)\\s*(#.*)?");

  /** Files in each other, so that a file that includes itself ends. */
  private static final int DEEPEST = 20;

  /** Copies the lines. */
  NixConf {
    lines = List.copyOf(lines);
    included = Map.copyOf(included);
  }

  /** Parses a text without reading what it includes. */
  static NixConf parse(String text) {
    return new NixConf(text.lines().toList(), Map.of());
  }

  /**
   * Parses the text of a file, and reads the files that it includes, as far as they exist and may
   * be read.
   *
   * @throws IOException if an included file can't be read for another reason
   */
  static NixConf parse(String text, Path file) throws IOException {
    List<String> lines = text.lines().toList();
    Map<Integer, List<String>> included = new HashMap<>();
    for (int i = 0; i < lines.size(); i++) {
      Matcher include = INCLUDE.matcher(lines.get(i));
      if (include.matches()) {
        included.put(i, inEffect(file.resolveSibling(include.group(1)), DEEPEST));
      }
    }
    return new NixConf(lines, included);
  }

  private static List<String> inEffect(Path file, int deepest) throws IOException {
    if (deepest == 0) {
      throw new IOException(file + " is included by itself");
    }
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException | AccessDeniedException unknown) {
      return List.of();
    }
    List<String> all = new ArrayList<>();
    for (String line : text.lines().toList()) {
      Matcher include = INCLUDE.matcher(line);
      if (include.matches()) {
        all.addAll(inEffect(file.resolveSibling(include.group(1)), deepest - 1));
      } else {
        all.add(line);
      }
    }
    return all;
  }

  /** The text with a newline at the end. */
  String print() {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  /**
   * A line in effect.
   *
   * @param own its index in this file; -1 if it is in an included one
   */
  private record Line(String text, int own) {
    boolean isOf(List<String> settings) {
      String start = text.strip();
      return settings.stream()
          .anyMatch(
              setting ->
                  start.startsWith(setting)
                      && start.substring(setting.length()).stripLeading().startsWith("="));
    }

    String name() {
      return text.substring(0, text.indexOf('=')).strip();
    }

    /** The value without a comment. */
    String value() {
      String value = text.substring(text.indexOf('=') + 1);
      int comment = value.indexOf('#');
      return (comment < 0 ? value : value.substring(0, comment)).strip();
    }
  }

  private List<Line> inEffect() {
    List<Line> all = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      List<String> other = included.get(i);
      if (other == null) {
        all.add(new Line(lines.get(i), i));
      } else {
        other.forEach(line -> all.add(new Line(line, -1)));
      }
    }
    return all;
  }

  /** Returns the value of a setting; the last line counts. */
  Optional<String> find(String setting) {
    return inEffect().stream()
        .filter(line -> line.isOf(List.of(setting)))
        .reduce((first, last) -> last)
        .map(Line::value);
  }

  /**
   * Adds a word to a list, unless the list has it: to the line with {@code extra-} before the name,
   * or as such a line. So the list keeps Nix's default. A line without {@code extra-} voids all
   * those before it.
   */
  NixConf withWord(String setting, String word) {
    String old = OLD_NAMES.getOrDefault(setting, setting);
    List<String> names = List.of(setting, old);
    List<String> extras = List.of(EXTRA + setting, EXTRA + old);
    List<Line> counting = inEffect();
    for (int i = counting.size() - 1; i >= 0; i--) {
      if (counting.get(i).isOf(names)) {
        counting = counting.subList(i, counting.size());
        break;
      }
    }
    boolean isThere =
        counting.stream()
            .filter(line -> line.isOf(names) || line.isOf(extras))
            .anyMatch(line -> Arrays.asList(line.value().split("\\s+")).contains(word));
    if (isThere) {
      return this;
    }
    List<String> changed = new ArrayList<>(lines);
    counting.stream()
        .filter(line -> line.own() >= 0 && line.isOf(extras))
        .reduce((first, last) -> last)
        .ifPresentOrElse(
            line ->
                changed.set(line.own(), line.name() + " = " + (line.value() + " " + word).strip()),
            () -> changed.add(EXTRA + setting + " = " + word));
    return new NixConf(changed, included);
  }

  /** Sets a value, unless the setting has one. */
  NixConf withDefault(String setting, String value) {
    if (find(setting).isPresent()) {
      return this;
    }
    List<String> changed = new ArrayList<>(lines);
    changed.add(setting + " = " + value);
    return new NixConf(changed, included);
  }
}
