package narthex.openspec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Each Scenario of the specs names an existing test. Searches the sources, without loading classes.
 */
class ScenariosNameTheirTestsTest {
  private static final Path SPECS = Path.of("openspec", "specs");
  private static final List<Path> SOURCES =
      List.of(Path.of("src", "test", "java"), Path.of("src", "it", "java"));
  private static final Pattern TEST = Pattern.compile("([a-z0-9.]+\\.[A-Z]\\w*)(?:#([a-z]\\w*))?");

  @Test
  void everyScenarioNamesATest() throws IOException {
    List<SpecScenarios.Scenario> scenarios = SpecScenarios.read(SPECS);

    assertFalse(scenarios.isEmpty());
    assertEquals(
        List.of(),
        scenarios.stream()
            .filter(scenario -> scenario.tests().isEmpty())
            .map(SpecScenarios.Scenario::place)
            .toList());
  }

  @Test
  void everyScenarioNamesATestThatExists() throws IOException {
    List<String> missing = new ArrayList<>();
    for (SpecScenarios.Scenario scenario : SpecScenarios.read(SPECS)) {
      for (String test : scenario.tests()) {
        if (!exists(test)) {
          missing.add(scenario.place() + " -> " + test);
        }
      }
    }

    assertEquals(List.of(), missing);
  }

  @Test
  void everyRequirementSaysWhatShallBe() throws IOException {
    Pattern requirement = Pattern.compile("### Requirement: (.*)\n([^#]*)");
    List<String> without = new ArrayList<>();
    try (Stream<Path> specs = Files.walk(SPECS)) {
      for (Path spec : specs.filter(Files::isRegularFile).sorted().toList()) {
        Matcher each = requirement.matcher(Files.readString(spec, StandardCharsets.UTF_8));
        while (each.find()) {
          if (!each.group(2).contains("SHALL") && !each.group(2).contains("MUST")) {
            without.add(SPECS.relativize(spec) + ": " + each.group(1));
          }
        }
      }
    }

    assertEquals(List.of(), without);
  }

  /** OpenSpec's strict validation asks for this too. */
  @Test
  void everySpecificationSaysWhatItIsAbout() throws IOException {
    Pattern purpose = Pattern.compile("## Purpose\n+([^#]{50,}?)\n*## ");
    try (Stream<Path> specs = Files.walk(SPECS)) {
      assertEquals(
          List.of(),
          specs
              .filter(Files::isRegularFile)
              .filter(spec -> !purpose.matcher(read(spec)).find())
              .sorted()
              .toList());
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aScenarioWithoutATestIsSeen() {
    List<SpecScenarios.Scenario> scenarios =
        SpecScenarios.parse(
            "spec",
            List.of(
                "#### Scenario: one",
                "- **TEST** `narthex.A#b`",
                "- **TEST** `narthex.C`",
                "#### Scenario: two",
                "### Requirement: next",
                "- **TEST** `narthex.D#e`"));

    assertEquals(
        List.of(
            new SpecScenarios.Scenario("spec: one", List.of("narthex.A#b", "narthex.C")),
            new SpecScenarios.Scenario("spec: two", List.of())),
        scenarios);
  }

  @Test
  void aTestThatIsNotThereIsSeen() throws IOException {
    String own = getClass().getName();
    assertTrue(exists(own + "#aTestThatIsNotThereIsSeen"));
    assertTrue(exists(own));
    assertFalse(exists(own + "#assertEquals"));
    assertFalse(exists(own + "Gone"));
    assertFalse(exists("no test"));
  }

  /** Whether the class has a source file with a method of this name. */
  private static boolean exists(String test) throws IOException {
    Matcher name = TEST.matcher(test);
    if (!name.matches()) {
      return false;
    }
    Path file = Path.of(name.group(1).replace('.', '/') + ".java");
    for (Path sources : SOURCES) {
      Path source = sources.resolve(file);
      if (Files.isRegularFile(source)) {
        return name.group(2) == null
            || declares(Files.readString(source, StandardCharsets.UTF_8), name.group(2));
      }
    }
    return false;
  }

  private static boolean declares(String source, String method) {
    return Pattern.compile("\\bvoid\\s+" + Pattern.quote(method) + "\\s*\\(")
        .matcher(source)
        .find();
  }
}
