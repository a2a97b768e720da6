package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the WAR, as an operator types them. */
class CommandLineIT {
  private static final String ADMIN = "admin-0123456789";

  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("stats"),
          List.of("collect"),
          List.of("collect", "--dry-run"),
          List.of("evict", "--to", "1TiB"),
          List.of("evict", "--bytes", "1", "--dry-run"),
          List.of("pins"));

  @TempDir private Path folder;

  @AfterEach
  void checkData() throws IOException {
    NarthexProgram.assertDataSound(folder);
  }

  /** What a command printed, and its exit status. */
  private record Ended(int status, String out, String err) {}

  private Ended run(List<String> arguments) throws Exception {
    return run(List.of(), arguments);
  }

  private Ended run(List<String> options, List<String> arguments) throws Exception {
    try (NarthexProgram program = NarthexProgram.start(folder, options, arguments)) {
      String out = program.awaitOutput();
      return new Ended(program.awaitEnd(), out, program.errors());
    }
  }

  private Ended runJson(List<String> command, String... more) throws Exception {
    List<String> arguments = new ArrayList<>(command);
    arguments.add("--json");
    arguments.addAll(List.of(more));
    return run(arguments);
  }

  private static void assertDone(Ended ended) {
    boolean isEnoughOrNot = ended.status() == 0 || ended.out().contains("\"unfinished\"");
    assertTrue(isEnoughOrNot, ended.toString());
    assertTrue(ended.out().lines().allMatch(line -> line.startsWith("{")), ended.out());
    assertTrue(ended.out().contains("{\"verdict\":"), ended.out());
    assertEquals("", ended.err());
  }

  @Test
  void everyCommandAsksAServerAndWithoutOneUsesItsData() throws Exception {
    Path token = Files.writeString(folder.resolve("token"), ADMIN);
    List<String> settings =
        List.of(
            "-Dnarthex.http.port=0",
            "-Dnarthex.http.address=127.0.0.1",
            "-Dnarthex.token.admin-file=" + token);
    try (NarthexProgram server = NarthexProgram.start(folder, settings, List.of())) {
      String url = server.awaitReady();
      for (List<String> command : COMMANDS) {
        assertDone(runJson(command, "--server", url, "--token-file", token.toString()));
      }
      String backup = folder.resolve("backup").toString();
      List<String> save = List.of("backup", backup);
      assertDone(runJson(save, "--server", url, "--token-file", token.toString()));

      Ended held = run(List.of("stats"));

      assertEquals(1, held.status());
      assertEquals(1, held.err().lines().count(), held.err());
      assertTrue(held.err().contains("is in use by another Narthex"), held.err());
      server.terminate();
      server.awaitEnd();
    }
    for (List<String> command : COMMANDS) {
      assertDone(runJson(command));
    }
    Ended stats = run(List.of("stats"));
    assertEquals(0, stats.status());
    assertTrue(stats.out().contains("paths: 0\n"), stats.out());
  }

  @Test
  void aBackupIsRestoredToAnEmptyFolderOnly() throws Exception {
    Path backup = folder.resolve("backup");
    Path restored = folder.resolve("restored");
    List<String> elsewhere = List.of("-Dnarthex.data-dir=" + restored);
    Files.createDirectories(folder.resolve("data"));
    assertDone(runJson(List.of("backup", backup.toString())));

    Ended done = run(elsewhere, List.of("restore", backup.toString()));
    Ended again = run(elsewhere, List.of("restore", backup.toString()));

    assertEquals(0, done.status(), done.toString());
    assertTrue(Files.exists(restored.resolve("narthex.db")));
    assertEquals(2, again.status(), again.toString());
    assertTrue(again.err().contains("the data folder is not empty"), again.err());
    assertEquals(0, run(elsewhere, List.of("stats")).status());
  }

  @Test
  void askingAServerUnpacksNothing() throws Exception {
    Ended away = run(List.of("stats", "--server", "http://127.0.0.1:1"));

    assertEquals(1, away.status());
    assertEquals(1, away.err().lines().count(), away.err());
    try (Stream<Path> files = Files.list(folder.resolve("tmp"))) {
      assertFalse(files.findAny().isPresent());
    }
  }

  @Test
  void helpNamesTheCommandsAndEachHasItsOwn() throws Exception {
    Ended help = run(List.of("--help"));

    for (String command : List.of("collect", "evict", "stats", "pin", "generate-completion")) {
      assertTrue(help.out().contains("  " + command), help.out());
    }
    assertTrue(run(List.of("evict", "--help")).out().contains("--token-file"));
    assertTrue(run(List.of("generate-completion")).out().contains("complete -F"));
  }
}
