package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The commands that ask a server, against a whole server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JobCommandTest {
  private static final String ADMIN = "admin-0123456789";

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private ServerUnderTest server;

  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @BeforeAll
  void start(@TempDir Path shared) throws IOException {
    folder = shared;
    server =
        ServerUnderTest.start(
            folder, Map.of("narthex.token.admin", ADMIN, "narthex.upstreams", ""));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private static Ended run(String... arguments) {
    return Ended.run(List.of(arguments));
  }

  private Ended ask(String token, String command, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(List.of("--server", server.url() + "/"));
    Path file = Files.writeString(folder.resolve("token"), "# of the operator\n" + token + "\n");
    arguments.addAll(List.of("--token-file", file.toString()));
    arguments.addAll(List.of(more));
    return run(arguments.toArray(String[]::new));
  }

  @Test
  void aServerCollectsAndTheResultIsShown() throws Exception {
    Ended collected = ask(ADMIN, "collect");

    assertEquals(0, collected.status(), collected.err());
    assertTrue(collected.out().contains("removedChunks: 0\n"), collected.out());
    assertTrue(collected.out().contains("freedBytes: 0\n"), collected.out());
    assertTrue(ask(ADMIN, "collect", "--dry-run").out().contains("garbageBlobs: 0\n"));
  }

  @Test
  void aServerTellsWhatIsStored() throws Exception {
    Ended stats = ask(ADMIN, "stats", "--json");

    assertEquals(0, stats.status(), stats.err());
    assertTrue(stats.out().contains("{\"verdict\":\"done\",\"result\":{\"version\":"), stats.out());
    assertEquals("", stats.err());
  }

  @Test
  void aServerEvictsToASize() throws Exception {
    assertTrue(ask(ADMIN, "evict", "--to", "1TiB").out().contains("evictedNars: 0\n"));
    assertEquals(0, ask(ADMIN, "evict", "--bytes", "0", "--dry-run").status());
    Ended wrong = ask(ADMIN, "evict", "--to", "much");
    assertEquals(2, wrong.status());
    assertEquals(
        "narthex evict: refused (400): option to: not a size such as 512KiB, 2GiB or 2GB\n",
        wrong.err());
    assertEquals(2, ask(ADMIN, "evict").status());
  }

  @Test
  void aServerPinsAndUnpins() throws Exception {
    String path = "/nix/store/" + "0".repeat(32) + "-none";

    Ended pinned = ask(ADMIN, "pin", path, "--name", "a name", "--expires", "30d");

    assertEquals(3, pinned.status(), "no upstream has it: " + pinned);
    assertTrue(ask(ADMIN, "pins").out().contains("a name"));
    assertEquals(0, ask(ADMIN, "unpin", path).status());
  }

  @Test
  void aServerChecksAndMigrates() throws Exception {
    assertEquals(0, ask(ADMIN, "fsck", "--deep", "--repair", "--rate", "1GiB").status());
    assertEquals(0, ask(ADMIN, "migrate", "--to", "whole", "--rate", "1GiB").status());
    assertEquals(2, ask(ADMIN, "migrate", "--to", "nothing").status());
    assertEquals(2, ask(ADMIN, "migrate").status());
  }

  @Test
  void aServerCopiesItsBlobsToAnotherDirectory(@TempDir Path other) throws Exception {
    Ended copied = ask(ADMIN, "migrate", "--blobs", other.toUri().toString());

    assertEquals(0, copied.status(), copied.toString());
    assertTrue(copied.out().contains("copied: 0\n"), copied.out());
    assertEquals(2, ask(ADMIN, "migrate", "--blobs", "nowhere").status());
  }

  @Test
  void aWrongTokenFails() throws Exception {
    Ended refused = ask("wrong-0123456789", "stats");

    assertEquals(1, refused.status());
    assertEquals("narthex stats: refused (401): a token is needed\n", refused.err());
  }

  @Test
  void aServerThatIsAwayFailsInOneLine() {
    Ended away = run("stats", "--server", "http://127.0.0.1:1");

    assertEquals(1, away.status());
    assertEquals("narthex stats: cannot connect to http://127.0.0.1:1\n", away.err());
  }

  @Test
  void wrongUsageIsOneLine() {
    for (String[] arguments :
        new String[][] {
          {"stats", "--server", "localhost"},
          {"stats", "--server", server.url(), "--token-file", "/nonexistent"},
          {"stats", "--nonsense"},
          {"pin"},
          {"nonsense"}
        }) {
      Ended wrong = run(arguments);
      assertEquals(2, wrong.status(), wrong.toString());
      assertEquals(1, wrong.err().lines().count(), wrong.err());
      assertEquals("", wrong.out());
    }
  }

  @Test
  void everyCommandHasHelpAndCompletion() {
    String completion = run("generate-completion").out();
    for (String command : Launcher.commandLine().getSubcommands().keySet()) {
      Ended help = run(command, "--help");
      assertEquals(0, help.status(), command);
      assertTrue(help.out().contains("Usage: java -jar narthex.war " + command), help.out());
      assertTrue(completion.contains(command), command);
    }
  }
}
