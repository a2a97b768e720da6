package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import narthex.testing.OtherJvm;
import narthex.testing.PortPair;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The instructions of the Containerfile, without an image: the tests have no container engine. The
 * program of the image runs here, with its environment and its health check.
 */
class ContainerfileIT {
  private static final Pattern WORD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");
  private static final Pattern VARIABLE = Pattern.compile("NARTHEX_[A-Z_]+");

  @TempDir private Path folder;

  private static List<String> instructions(String name) throws Exception {
    return Delivered.config("container/Containerfile")
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length() + 1))
        .toList();
  }

  /** The words of an array in the form of JSON. */
  private static List<String> words(String array) {
    List<String> words = new ArrayList<>();
    Matcher matcher = WORD.matcher(array.substring(array.indexOf('[')));
    while (matcher.find()) {
      words.add(matcher.group(1).replace("\\\\", "\\"));
    }
    return words;
  }

  /** The command of an instruction, with the paths of this machine. */
  private List<String> command(String array) {
    return words(array).stream()
        .map(word -> word.equals("java") ? OtherJvm.java() : word)
        .map(word -> word.replace("/tmp/narthex.war", Delivered.war().toString()))
        .map(word -> word.replace("/opt/narthex", folder.resolve("opt").toString()))
        .toList();
  }

  @Test
  void theProgramOfTheImageStartsIsHealthyAndStopsOnSigterm() throws Exception {
    String extract =
        instructions("RUN").stream().filter(run -> run.startsWith("[")).findFirst().orElseThrow();
    ServerProgram.run(folder, command(extract));
    String archive = command(instructions("ENTRYPOINT").get(0)).get(1);
    assertTrue(Files.isRegularFile(Path.of(archive.substring(archive.indexOf('=') + 1))), archive);
    String port = Integer.toString(PortPair.find());
    List<String> command = new ArrayList<>(List.of("env", "NARTHEX_HTTP_PORT=" + port));
    for (String variable : instructions("ENV")) {
      command.add(variable.replace("\"", "").replace("=/var", "=" + folder + "/var"));
    }
    command.add("NARTHEX_UPSTREAMS=");
    command.addAll(command(instructions("ENTRYPOINT").get(0)));
    List<String> check = new ArrayList<>(List.of("env", "NARTHEX_HTTP_PORT=" + port));
    check.addAll(words(instructions("HEALTHCHECK").get(0)));
    Files.createDirectories(folder.resolve("var/cache/narthex"));

    try (ServerProgram server = ServerProgram.start(folder, command)) {
      server.awaitLine("narthex ready url=");
      ServerProgram.run(folder, check);
      server.stop();
    }

    assertTrue(Files.exists(folder.resolve("var/lib/narthex/narthex.db")));
    try (Stream<Path> left = Files.list(folder.resolve("var/cache/narthex"))) {
      assertEquals(List.of(), left.toList());
    }
    assertTrue(failed(check), "nobody answers any more");
  }

  private boolean failed(List<String> check) throws Exception {
    try {
      ServerProgram.run(folder, check);
      return false;
    } catch (AssertionError said) {
      return true;
    }
  }

  @Test
  void whatIsCopiedIsTheBuiltWarAndNothingRunsAsRoot() throws Exception {
    String[] war = instructions("COPY").get(0).split(" ");
    assertEquals(Delivered.war(), Path.of(war[0]).toAbsolutePath());
    String extract = instructions("RUN").get(0);
    assertTrue(extract.contains(war[1]), extract);
    assertEquals(List.of("$IMAGE AS extracted", "$IMAGE"), instructions("FROM"));
    String[] program = instructions("COPY").get(1).split(" ");
    assertEquals("--from=extracted", program[0]);
    assertTrue(extract.contains(program[1]), extract);
    String entry = instructions("ENTRYPOINT").get(0);
    assertTrue(entry.contains(program[2] + "/narthex.jar"), entry);
    assertEquals(List.of("narthex"), instructions("USER"));
  }

  @Test
  void everyVariableIsASetting() throws Exception {
    String help =
        ServerProgram.run(
            folder, List.of(OtherJvm.java(), "-jar", Delivered.war().toString(), "--help"));
    TreeSet<String> known = new TreeSet<>();
    Matcher setting = Pattern.compile("narthex\\.[a-z.-]*[a-z]").matcher(help);
    while (setting.find()) {
      known.add(setting.group().toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"));
    }
    TreeSet<String> used = new TreeSet<>();
    for (String file : List.of("Containerfile", "compose.yaml")) {
      Matcher variable = VARIABLE.matcher(Delivered.config("container/" + file));
      while (variable.find()) {
        used.add(variable.group());
      }
    }
    used.removeAll(known);
    assertEquals(new TreeSet<String>(), used);
  }
}
