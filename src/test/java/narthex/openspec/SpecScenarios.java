package narthex.openspec;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Parses the Scenarios of a spec and the tests that they name. */
final class SpecScenarios {
  private static final String SCENARIO = "#### Scenario:";
  private static final Pattern TEST = Pattern.compile("- \\*\\*TEST\\*\\* `([^`]*)`");

  /**
   * A Scenario.
   *
   * @param place the file and the name of the Scenario, for messages
   * @param tests the contents of its TEST lines: {@code package.Class#method} or {@code
   *     package.Class}
   */
  record Scenario(String place, List<String> tests) {}

  private SpecScenarios() {}

  /** Reads every {@code spec.md} in a folder and its subfolders. */
  static List<Scenario> read(Path specs) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(specs)) {
      files = all.filter(file -> file.endsWith("spec.md")).sorted().toList();
    }
    List<Scenario> scenarios = new ArrayList<>();
    for (Path file : files) {
      scenarios.addAll(
          parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8).lines().toList()));
    }
    return scenarios;
  }

  /** Parses a spec; a TEST line belongs to the Scenario before it. */
  static List<Scenario> parse(String source, List<String> lines) {
    List<Scenario> scenarios = new ArrayList<>();
    List<String> tests = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith(SCENARIO)) {
        tests = new ArrayList<>();
        String name = line.substring(SCENARIO.length()).strip();
        scenarios.add(new Scenario(source + ": " + name, tests));
      } else if (line.startsWith("#")) {
        tests = new ArrayList<>();
      }
      Matcher test = TEST.matcher(line);
      if (test.matches()) {
        tests.add(test.group(1));
      }
    }
    return scenarios;
  }
}
