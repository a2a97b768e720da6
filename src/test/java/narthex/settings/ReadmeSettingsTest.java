package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The documentation and the server configurations agree with the table of settings. */
class ReadmeSettingsTest {
  private static final Path README = Path.of("README.md");
  private static final Path PAGES = Path.of("src", "site", "markdown");
  private static final Path CONFIGURATIONS = Path.of("server-configs");
  private static final Pattern ROW =
      Pattern.compile("\\| `(narthex\\.[^`]+)` \\| (?:`([^`]*)` )?\\|.*");
  private static final Pattern ENVIRONMENT = Pattern.compile("\\bNARTHEX(?:_[A-Z0-9]+)+\\b");
  private static final Pattern ASSIGNED =
      Pattern.compile("(?m)^(?:-D)?(narthex\\.[a-z0-9.-]+)=|[`D ](narthex\\.[a-z0-9.-]+)=");

  @Test
  void theTableOfTheReadmeHasTheDefaultsOfTheSettings() throws IOException {
    TreeMap<String, String> said = new TreeMap<>();
    for (String line : Files.readAllLines(README, StandardCharsets.UTF_8)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        said.put(row.group(1), row.group(2) == null ? "" : row.group(2));
      }
    }
    TreeMap<String, String> known = new TreeMap<>();
    SettingTable.all().forEach(setting -> known.put(setting.name(), setting.defaultText()));
    known.keySet().retainAll(said.keySet());

    assertTrue(said.size() > 5, said::toString);
    assertEquals(known, said);
  }

  @Test
  void everyNameThatIsSetAnywhereIsASetting() throws IOException {
    Set<String> names = names();
    List<String> unknown = new ArrayList<>();
    for (Path file : files()) {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      ASSIGNED
          .matcher(text)
          .results()
          .map(match -> match.group(1) == null ? match.group(2) : match.group(1))
          .filter(name -> !names.contains(name.replaceFirst("\\.[0-9]+\\.", ".<n>.")))
          .forEach(name -> unknown.add(file + ": " + name));
    }

    assertEquals(List.of(), unknown);
  }

  @Test
  void everyEnvironmentVariableIsThatOfASetting() throws IOException {
    Set<String> names =
        SettingTable.all().stream()
            .map(Setting::environmentName)
            .collect(Collectors.toCollection(TreeSet::new));
    names.add(UnknownSettings.COMMAND_TOKEN);
    List<String> unknown = new ArrayList<>();
    for (Path file : files()) {
      String text = Files.readString(file, StandardCharsets.UTF_8);
      ENVIRONMENT
          .matcher(text)
          .results()
          .map(match -> match.group())
          .filter(name -> !names.contains(name))
          .forEach(name -> unknown.add(file + ": " + name));
    }

    assertEquals(List.of(), unknown);
  }

  private static Set<String> names() {
    return SettingTable.all().stream()
        .map(Setting::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> configurations = Files.walk(CONFIGURATIONS);
        Stream<Path> pages = Files.walk(PAGES)) {
      return Stream.of(Stream.of(README), pages, configurations)
          .flatMap(Function.identity())
          .filter(Files::isRegularFile)
          .toList();
    }
  }
}
