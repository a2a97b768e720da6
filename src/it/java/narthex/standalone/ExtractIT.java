package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import narthex.testing.OtherJvm;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code extract} writes, as an operator runs it. */
class ExtractIT {
  private static final List<String> ANY_PORT =
      List.of("-Dnarthex.http.port=0", "-Dnarthex.http.address=127.0.0.1");
  private static final String FROM_ARCHIVE = "source: shared objects file (top)";

  @TempDir private static Path shared;

  private static Path extracted;
  private static String printed;

  @TempDir private Path folder;

  /** With variables in the environment that would keep a server from starting. */
  @BeforeAll
  static void extract() throws Exception {
    extracted = shared.resolve("new/narthex");
    ProcessBuilder builder =
        new ProcessBuilder(
            OtherJvm.java(),
            "-Djava.io.tmpdir=" + Files.createDirectory(shared.resolve("tmp")),
            "-jar",
            System.getProperty("it.war"),
            "extract",
            "new/../new/narthex");
    builder.directory(shared.toFile());
    builder.environment().put("NARTHEX_HTTP_PORT", "none");
    builder.environment().put("CACHE_DIRECTORY", "/missing");
    builder.environment().put("_JAVA_OPTIONS", "-Dnarthex.http.port=none");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    Process program = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    printed = new String(program.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, program.waitFor(), printed);
  }

  @AfterEach
  void checkData() throws Exception {
    NarthexProgram.assertDataSound(folder);
  }

  private static String archiveOption() {
    return "-XX:SharedArchiveFile=" + extracted.resolve("narthex.jsa");
  }

  private NarthexProgram start(List<String> options, String... arguments) throws Exception {
    return NarthexProgram.start(
        extracted.resolve("narthex.jar"), folder, options, List.of(arguments));
  }

  @Test
  void itPrintsHowToStartTheServer() {
    assertEquals(
        OtherJvm.java() + " " + archiveOption() + " -jar " + extracted.resolve("narthex.jar"),
        printed.strip());
  }

  @Test
  void theServerTakesItsClassesFromTheArchive() throws Exception {
    Path classes = folder.resolve("classes.log");
    List<String> options = new ArrayList<>(ANY_PORT);
    options.add(archiveOption());
    options.add("-Xlog:class+load:file=" + classes.getFileName());
    try (NarthexProgram server = start(options)) {
      String url = server.awaitReady();
      for (String page : List.of("/nix-cache-info", "/")) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + page)).build();
        assertEquals(
            200, HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).statusCode());
      }
      server.terminate();
      assertEquals(143, server.awaitEnd());
    }
    try (Stream<String> lines = Files.lines(classes)) {
      List<String> ours = lines.filter(line -> line.contains(" narthex.")).toList();
      long shared = ours.stream().filter(line -> line.contains(FROM_ARCHIVE)).count();
      assertTrue(shared > 0.9 * ours.size(), shared + " of " + ours.size());
    }
    try (Stream<Path> left = Files.list(folder.resolve("tmp"))) {
      assertEquals(List.of(), left.toList(), "nothing is unpacked");
    }
  }

  @Test
  void commandsWorkAsWithTheWar() throws Exception {
    try (NarthexProgram server = start(ANY_PORT)) {
      server.awaitReady();
      server.terminate();
      server.awaitEnd();
    }
    try (NarthexProgram stats = start(List.of(archiveOption()), "stats")) {
      String out = stats.awaitOutput();
      assertEquals(0, stats.awaitEnd(), stats.errors());
      assertTrue(out.contains("version: "), out);
    }
    try (NarthexProgram help = start(List.of(archiveOption()), "--help")) {
      assertTrue(help.awaitOutput().contains("narthex.data-dir"));
      assertEquals(0, help.awaitEnd(), help.errors());
    }
  }

  @Test
  void itStartsWithoutTheArchive() throws Exception {
    List<String> options = new ArrayList<>(ANY_PORT);
    options.add("-XX:SharedArchiveFile=" + folder.resolve("missing.jsa"));
    try (NarthexProgram server = start(options)) {
      assertFalse(server.awaitReady().isEmpty());
    }
  }

  @Test
  void aFolderWithFilesIsRefusedAndNotChanged() throws Exception {
    Path file = Files.writeString(folder.resolve("mine"), "text");
    try (NarthexProgram extract =
        NarthexProgram.start(folder, List.of(), List.of("extract", folder.toString()))) {
      assertEquals(1, extract.awaitEnd());
      assertEquals("narthex extract: the folder is not empty: " + folder, extract.errors().strip());
    }
    assertEquals("text", Files.readString(file));
    assertFalse(Files.exists(folder.resolve("lib")));
  }

  @Test
  void aNameThatArchivesCannotHaveIsRefused() throws Exception {
    for (String name : List.of("a b", "a:b")) {
      try (NarthexProgram extract =
          NarthexProgram.start(folder, List.of(), List.of("extract", name))) {
        assertEquals(1, extract.awaitEnd());
        assertTrue(extract.errors().contains(name), extract.errors());
      }
      assertFalse(Files.exists(folder.resolve(name)));
    }
  }

  @Test
  void nothingIsLeftWhenItFails() throws Exception {
    Path target = folder.resolve("target");
    List<String> noPlaceForTheServer = List.of("-Djava.io.tmpdir=" + folder.resolve("missing"));
    try (NarthexProgram extract =
        NarthexProgram.start(folder, noPlaceForTheServer, List.of("extract", target.toString()))) {
      assertEquals(1, extract.awaitEnd());
      List<String> lines =
          extract.errors().lines().filter(line -> !line.startsWith("WARNING")).toList(); // Java's
      assertEquals(1, lines.size(), extract.errors());
      assertTrue(
          lines.get(0).startsWith("narthex extract: cannot write the archive of classes: "),
          extract.errors());
    }
    try (Stream<Path> left = Files.list(target)) {
      assertEquals(List.of(), left.toList());
    }
  }

  @Test
  void nothingIsLeftWhenItIsToldToEnd() throws Exception {
    Path target = folder.resolve("target");
    Path temporary = folder.resolve("tmp");
    try (NarthexProgram extract =
        NarthexProgram.start(folder, List.of(), List.of("extract", target.toString()))) {
      Soon.await("a server that is started").until(() -> !serversOf(temporary).isEmpty());
      List<ProcessHandle> servers = serversOf(temporary);
      extract.terminate();
      assertEquals(143, extract.awaitEnd());
      assertTrue(servers.stream().noneMatch(ProcessHandle::isAlive));
    }
    for (Path emptied : List.of(target, temporary)) {
      try (Stream<Path> left = Files.list(emptied)) {
        assertEquals(List.of(), left.toList());
      }
    }
  }

  /** The processes that have a folder as their temporary one, but for those that we started. */
  private static List<ProcessHandle> serversOf(Path temporary) {
    return ProcessHandle.current()
        .descendants()
        .filter(
            process ->
                process
                    .info()
                    .commandLine()
                    .filter(line -> line.contains("-Djava.io.tmpdir=" + temporary + "/"))
                    .isPresent())
        .toList();
  }

  @Test
  void whatIsExtractedCannotBeExtractedAgain() throws Exception {
    try (NarthexProgram extract = start(List.of(), "extract", "again")) {
      assertEquals(1, extract.awaitEnd());
      assertTrue(extract.errors().contains("use narthex.war"), extract.errors());
    }
    assertFalse(Files.exists(folder.resolve("again")));
  }
}
