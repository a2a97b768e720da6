package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code use} and {@code login}, against a whole server that guards reading. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class UseCommandTest {
  private static final String READER = "reader-0123456789";
  private static final String WRITER = "writer-0123456789";

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private ServerUnderTest server;

  @SuppressWarnings("NullAway.Init")
  private Path folder;

  @BeforeAll
  void start(@TempDir Path shared) throws IOException {
    folder = shared;
    Files.writeString(folder.resolve("token"), READER + "\n");
    server =
        ServerUnderTest.start(
            folder,
            Map.of(
                "narthex.upload.enabled",
                "true",
                "narthex.token.read",
                READER,
                "narthex.token.write",
                WRITER,
                "narthex.upstreams",
                ""));
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Ended use(String... more) {
    List<String> arguments = new ArrayList<>(List.of("use", server.url() + "/"));
    arguments.addAll(List.of("--token-file", folder.resolve("token").toString()));
    arguments.addAll(List.of(more));
    return Ended.run(arguments);
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  @Test
  void theServerItsKeysAndTheTokenAreAddedOnce(@TempDir Path parent) throws IOException {
    Path conf = parent.resolve("nix");

    Ended first = use("--conf-dir", conf.toString());

    assertEquals(0, first.status(), first.toString());
    String nixConf = Files.readString(conf.resolve("nix.conf"));
    assertTrue(nixConf.startsWith("extra-substituters = " + server.url() + "\n"), nixConf);
    assertTrue(nixConf.contains("\nextra-trusted-public-keys = "), nixConf);
    assertTrue(nixConf.contains("\nnetrc-file = " + conf.resolve("netrc") + "\n"), nixConf);
    assertEquals(
        "machine 127.0.0.1 password " + READER + "\n", Files.readString(conf.resolve("netrc")));
    assertEquals("rw-------", mode(conf.resolve("netrc")));
    assertEquals("rw-r--r--", mode(conf.resolve("nix.conf")));

    Ended second = use("--conf-dir", conf.toString());
    assertEquals(0, second.status(), second.toString());
    assertFalse(second.out().contains("\nchanged") || second.out().startsWith("changed"));
    assertEquals(nixConf, Files.readString(conf.resolve("nix.conf")));
  }

  @Test
  void otherLinesAndTheModeStay(@TempDir Path conf) throws IOException {
    Path file = conf.resolve("nix.conf");
    Path netrc = conf.resolve("my-netrc");
    Files.writeString(file, "max-jobs = 3\nnetrc-file = " + netrc + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw----"));
    Files.writeString(netrc, "machine other password x\n");

    assertEquals(0, use("--conf-dir", conf.toString()).status());

    assertTrue(
        Files.readString(file).startsWith("max-jobs = 3\nnetrc-file = " + netrc + "\nextra-"));
    assertEquals("rw-rw----", mode(file));
    assertTrue(Files.readString(netrc).startsWith("machine other password x\nmachine 127.0.0.1 "));
    assertFalse(Files.exists(conf.resolve("netrc")));
  }

  @Test
  void theLinesAreOnlyPrinted(@TempDir Path conf) throws IOException {
    Ended printed = use("--conf-dir", conf.toString(), "--print");

    assertEquals(0, printed.status(), printed.toString());
    assertTrue(printed.out().contains("extra-substituters = " + server.url() + "\n"));
    assertTrue(printed.out().contains("machine 127.0.0.1 password " + READER + "\n"));
    try (var files = Files.list(conf)) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aServerThatRefusesIsOneLine(@TempDir Path conf) throws IOException {
    Path wrong = Files.writeString(conf.resolve("wrong"), "wrong-0123456789");

    Ended refused = use("--print", "--token-file", wrong.toString());

    assertEquals(2, refused.status(), "the option is given twice");
    Ended none = use("--conf-dir", "/proc/none");
    assertEquals(1, none.status(), none.toString());
    assertEquals(1, none.err().lines().count(), none.err());
  }

  @Test
  void aTokenInTheUrlIsRefusedAndNotShown() {
    StringWriter err = new StringWriter();
    CommandLine commandLine = Launcher.commandLine();
    commandLine.setErr(new PrintWriter(err));

    int status = commandLine.execute("use", "--print", "https://user:secret-1@cache.example");

    assertEquals(2, status);
    assertTrue(err.toString().contains("must not have a user or a token"), err.toString());
    assertFalse(err.toString().contains("secret-1"), err.toString());
  }

  @Test
  void aFileThatNixMakesIsNotChanged() throws IOException {
    Path file = Path.of("/etc/nix/nix.conf");

    UseCommand.requireOwn(file, file);
    Path made = Path.of("/nix/store/0c0jd8jjk4iqjhzmcnfh4qy9qlpsnv1p-nix.conf");
    IOException refusal = assertThrows(IOException.class, () -> UseCommand.requireOwn(file, made));
    assertTrue(String.valueOf(refusal.getMessage()).startsWith("/etc/nix/nix.conf is made by"));
  }

  private String check(String token) throws IOException {
    URI url = URI.create(server.url());
    try (CacheClient client = new CacheClient(url, token, 1, Duration.ZERO)) {
      return LoginCommand.check(client);
    }
  }

  @Test
  void theServerSaysWhatATokenGrants() throws IOException {
    assertEquals("it may only read", check(READER));
    assertEquals("it may upload", check(WRITER));
    IOException refusal = assertThrows(IOException.class, () -> check("wrong-0123456789"));
    assertEquals(
        "the server doesn't accept this token: status 401: a token is needed",
        refusal.getMessage());
  }

  @Test
  void storedTokensAreForOneServerAndForTheOwnerAlone(@TempDir Path home) throws IOException {
    URI url = URI.create("https://a.example/cache/");
    URI same = URI.create("https://a.example/cache/upload");
    URI other = URI.create("https://a.example");
    Tokens tokens = new Tokens(home.resolve("narthex").resolve("tokens"));

    assertEquals(Optional.empty(), tokens.find(url));
    tokens.store(url, "first");
    tokens.store(other, "of-another");
    tokens.store(same, "second");

    assertEquals(Optional.of("second"), tokens.find(url));
    assertEquals(Optional.of("of-another"), tokens.find(other));
    assertEquals("rw-------", mode(tokens.file()));
    assertEquals("rwx------", mode(home.resolve("narthex")));
    assertTrue(tokens.remove(same));
    assertFalse(tokens.remove(url));
    assertEquals(Optional.of("of-another"), tokens.find(other));
  }
}
