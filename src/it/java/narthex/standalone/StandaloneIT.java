package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import narthex.testing.PortPair;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The WAR as a program: starting, answering, stopping, being killed. */
class StandaloneIT {

  private static final String JVM_WARNING = "WARNING: java.io.tmpdir directory does not exist";

  private static final List<String> ANY_PORT =
      List.of("-Dnarthex.http.port=0", "-Dnarthex.http.address=127.0.0.1");
  private static final int SIGTERM_STATUS = 143;

  /** Makes unpacking impossible. */
  private static final String NO_TEMPORARY_FOLDER = "-Djava.io.tmpdir=/nonexistent";

  private final HttpClient http = HttpClient.newHttpClient();

  @TempDir private Path folder;

  @AfterEach
  void checkData() throws IOException {
    NarthexProgram.assertDataSound(folder);
  }

  @Test
  void answersAndEndsCleanlyWhenTold() throws Exception {
    try (NarthexProgram narthex = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      String url = narthex.awaitReady();

      assertEquals("ok\n", get(url + "/healthz").body());

      narthex.terminate();
      assertEquals(SIGTERM_STATUS, narthex.awaitEnd());
      assertEquals(List.of(), leftOvers());
      assertTrue(narthex.errors().lines().allMatch(StandaloneIT::isOneEvent), narthex.errors());
    }
  }

  @Test
  void sendsNothingOfItsOwnCode() throws Exception {
    try (NarthexProgram narthex = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      String url = narthex.awaitReady();

      for (String path :
          List.of(
              "/META-INF/MANIFEST.MF",
              "/META-INF/versions/17/narthex/standalone/Launcher.class",
              "/narthex/standalone/Launcher.class",
              "/WEB-INF/web.xml",
              "/WEB-INF/lib-boot/")) {
        assertEquals(404, get(url + path).statusCode(), path);
      }
    }
  }

  @Test
  void theNextStartUsesTheUnpackedWarAgain() throws Exception {
    List<Path> first = startAndListUnpacked();
    Path library = first.get(0).resolve("lib");
    Object key = Files.readAttributes(library, BasicFileAttributes.class).fileKey();

    List<Path> second = startAndListUnpacked();

    assertEquals(1, first.size(), first.toString());
    assertEquals(first, second);
    assertEquals(key, Files.readAttributes(library, BasicFileAttributes.class).fileKey());
  }

  private List<Path> startAndListUnpacked() throws Exception {
    try (NarthexProgram narthex = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      narthex.awaitReady();
      narthex.terminate();
      narthex.awaitEnd();
    }
    try (Stream<Path> all = Files.list(folder.resolve("tmp"))) {
      return all.filter(Files::isDirectory).toList();
    }
  }

  @Test
  void nextStartSweepsWhatAKilledOneLeft() throws Exception {
    try (NarthexProgram killed = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      killed.awaitReady();
      killed.kill();
      killed.awaitEnd();
    }
    assertEquals(2, leftOvers().size(), leftOvers().toString());

    try (NarthexProgram next = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      next.awaitReady();
      assertEquals(2, leftOvers().size(), leftOvers().toString());
      next.terminate();
      next.awaitEnd();
    }
    assertEquals(List.of(), leftOvers());
  }

  @Test
  void twoRunBesideEachOther() throws Exception {
    try (NarthexProgram one = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      String url = one.awaitReady();
      Path other = Files.createDirectory(folder.resolve("other"));
      List<String> sameTemporaryFolder =
          Stream.concat(ANY_PORT.stream(), Stream.of("-Djava.io.tmpdir=" + folder.resolve("tmp")))
              .toList();
      try (NarthexProgram two = NarthexProgram.start(other, sameTemporaryFolder, List.of())) {
        two.awaitReady();
        assertEquals(4, leftOvers().size(), leftOvers().toString());
      }
      assertEquals("ok\n", get(url + "/healthz").body());
    }
  }

  @Test
  void portInUseIsOneClearLine() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      String port = "-Dnarthex.http.port=" + taken.getLocalPort();
      try (NarthexProgram narthex = NarthexProgram.start(folder, List.of(port), List.of())) {
        assertEquals(1, narthex.awaitEnd());
        assertEquals(1, narthex.errors().lines().count(), narthex.errors());
        assertTrue(
            narthex.errors().contains("port=" + taken.getLocalPort() + ": Address already in use"));
      }
    }
  }

  @Test
  void aSecondOneOnTheSameDataFolderIsRefusedUntilTheFirstIsGone() throws Exception {
    try (NarthexProgram first = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      first.awaitReady();
      assertRefused(1, "narthex.data-dir: ", NarthexProgram.start(folder, ANY_PORT, List.of()));
      first.kill();
      first.awaitEnd();
    }
    try (NarthexProgram next = NarthexProgram.start(folder, ANY_PORT, List.of())) {
      next.awaitReady();
    }
  }

  @Test
  void theLanguageOfTheMachineChangesNothing() throws Exception {
    List<String> options =
        Stream.concat(ANY_PORT.stream(), Stream.of("-Duser.language=fa", "-Duser.country=IR"))
            .toList();
    try (NarthexProgram narthex = NarthexProgram.start(folder, options, List.of())) {
      String url = narthex.awaitReady();

      assertEquals(
          "StoreDir: /nix/store\nWantMassQuery: 1\nPriority: 30\n",
          get(url + "/nix-cache-info").body());
    }
  }

  /** Java 24 and newer warn of how Tomcat frees the buffers of connections, if it has to. */
  private static boolean isOfTheJvm(String line) {
    return line.startsWith("WARNING: ");
  }

  @Test
  void theLogHasTheLevelAndTheFormatOfTheSettings() throws Exception {
    List<String> options =
        Stream.concat(
                ANY_PORT.stream(),
                Stream.of("-Dnarthex.log.level=access", "-Dnarthex.log.format=json"))
            .toList();
    try (NarthexProgram narthex = NarthexProgram.start(folder, options, List.of())) {
      get(narthex.awaitReady() + "/nix-cache-info");
      narthex.terminate();
      narthex.awaitEnd();

      List<String> messages = new ArrayList<>();
      for (String line : narthex.errors().lines().filter(it -> !isOfTheJvm(it)).toList()) {
        messages.add(new ObjectMapper().readTree(line).get("message").asText());
      }
      assertTrue(
          messages.stream()
              .anyMatch(
                  line -> line.startsWith("request method=GET path=/nix-cache-info status=200")),
          () -> String.join("\n", messages));
      assertTrue(messages.contains("stopped"), () -> String.join("\n", messages));
    }
  }

  @Test
  void aReplicaJoinsInALanguageWithDigitsOfItsOwn() throws Exception {
    try (EmbeddedPostgres database = EmbeddedPostgres.builder().start()) {
      List<String> cluster =
          List.of(
              "-Duser.language=fa",
              "-Duser.country=IR",
              "-Dnarthex.cluster.enabled=true",
              "-Dnarthex.cluster.bind-address=127.0.0.1",
              "-Dnarthex.cluster.port=" + PortPair.find(),
              "-Dnarthex.database.url=jdbc:postgresql://127.0.0.1:"
                  + database.getPort()
                  + "/postgres",
              "-Dnarthex.database.user=postgres",
              "-Dnarthex.database.password=postgres",
              "-Dnarthex.blob.url=" + folder.resolve("blobs").toUri());
      List<String> options = Stream.concat(ANY_PORT.stream(), cluster.stream()).toList();
      try (NarthexProgram narthex = NarthexProgram.start(folder, options, List.of())) {
        String readiness = get(narthex.awaitReady() + "/readyz").body();

        assertTrue(readiness.contains("cluster members=1 "), readiness);
      }
    }
  }

  @Test
  void aDatabaseThatRefusesIsOneClearLineWithoutThePassword() throws Exception {
    int free;
    try (ServerSocket unused = new ServerSocket(0)) {
      free = unused.getLocalPort();
    }
    String url = "jdbc:postgresql://127.0.0.1:" + free + "/narthex";
    List<String> options =
        List.of("-Dnarthex.database.url=" + url + "?password=hidden", "-Dnarthex.database.user=me");
    try (NarthexProgram narthex = NarthexProgram.start(folder, options, List.of())) {
      assertEquals(1, narthex.awaitEnd());
      List<String> lines =
          narthex.errors().lines().filter(line -> !line.contains(" INFO ")).toList();
      assertEquals(1, lines.size(), narthex.errors());
      assertTrue(lines.get(0).contains("narthex.database.url: open database " + url + ": "));
      assertTrue(!narthex.errors().contains("hidden"), narthex.errors());
    }
  }

  @Test
  void wrongSettingIsOneClearLine() throws Exception {
    Path config = Files.writeString(folder.resolve("my.properties"), "narthex.http.portt=1\n");
    List<String> arguments = List.of("--config", config.toString());
    try (NarthexProgram narthex = NarthexProgram.start(folder, ANY_PORT, arguments)) {
      assertEquals(1, narthex.awaitEnd());
      assertEquals(1, narthex.errors().lines().count(), narthex.errors());
      assertTrue(narthex.errors().contains("narthex.http.portt"), narthex.errors());
      assertEquals(List.of(), leftOvers());
    }
  }

  @Test
  void helpNamesTheSettings() throws Exception {
    try (NarthexProgram narthex = start(NO_TEMPORARY_FOLDER, "--help")) {
      String page = narthex.awaitOutput();

      assertTrue(page.contains("--config"), page);
      assertTrue(page.contains("narthex.upstreams"), page);
      assertEquals(0, narthex.awaitEnd());
    }
  }

  @Test
  void versionIsOneLine() throws Exception {
    try (NarthexProgram narthex = start(NO_TEMPORARY_FOLDER, "--version")) {
      assertTrue(narthex.awaitOutput().matches("narthex [0-9]+\\.[0-9]+\\.[0-9]+\\S*\n"));
      assertEquals(0, narthex.awaitEnd());
    }
  }

  @Test
  void unknownArgumentIsRefusedInOneLine() throws Exception {
    assertRefused(2, "did you mean --config?", start(NO_TEMPORARY_FOLDER, "--confg"));
    assertRefused(2, "--help", start(NO_TEMPORARY_FOLDER, "--bogus"));
    assertRefused(2, "--help", start(NO_TEMPORARY_FOLDER, "--config"));
    assertRefused(
        2, "java -Dnarthex.http.port=1 -jar", start(NO_TEMPORARY_FOLDER, "-Dnarthex.http.port=1"));
  }

  @Test
  void aTemporaryFolderThatIsMissingIsOneClearLine() throws Exception {
    assertRefused(1, "java.io.tmpdir", start(NO_TEMPORARY_FOLDER));
  }

  private NarthexProgram start(String option, String... arguments) throws IOException {
    return NarthexProgram.start(folder, List.of(option), List.of(arguments));
  }

  private static void assertRefused(int status, String hint, NarthexProgram program)
      throws Exception {
    try (NarthexProgram narthex = program) {
      assertEquals(status, narthex.awaitEnd());
      // Newer JVMs first print a line of their own about a missing folder.
      List<String> ours =
          narthex.errors().lines().filter(line -> !line.equals(JVM_WARNING)).toList();
      assertEquals(1, ours.size(), narthex.errors());
      assertTrue(ours.get(0).startsWith("narthex cannot start: "), narthex.errors());
      assertTrue(ours.get(0).contains(hint), narthex.errors());
    }
  }

  private static boolean isOneEvent(String line) {
    return line.matches("\\d{4}-\\d\\d-\\d\\dT\\S+ (INFO|WARNING) \\S+ .*");
  }

  private HttpResponse<String> get(String url) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
  }

  private List<String> leftOvers() throws IOException {
    try (Stream<Path> all = Files.list(folder.resolve("tmp"))) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.startsWith("narthex-") && !name.startsWith(KeptWar.PREFIX))
          .toList();
    }
  }
}
