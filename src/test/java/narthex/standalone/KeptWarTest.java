package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import narthex.testing.OtherJvm;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeptWarTest {
  private static final String LIBRARY = "lib/some.jar";

  @TempDir private Path root;

  private byte[] library = new byte[0];

  @BeforeEach
  void createFolders() throws IOException {
    ByteArrayOutputStream jar = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(jar)) {
      put(zip, "some/resource.txt", bytes("resource"));
    }
    library = jar.toByteArray();
    Files.createDirectory(parent());
    writeWar("release 1");
  }

  @Test
  void aWarIsUnpackedIntoLibrariesLauncherAndWebApplication() throws IOException {
    Path folder = start();

    assertLibrary(folder);
    assertArrayEquals(library, Files.readAllBytes(folder.resolve("lib/server.jar")));
    assertEquals(
        "launcher", Files.readString(folder.resolve("standalone/narthex/standalone/Some.class")));
    assertEquals("release 1", Files.readString(folder.resolve("webapp/WEB-INF/web.xml")));
    assertFalse(Files.exists(folder.resolve("standalone/picocli/Only.class")));
  }

  @Test
  void theNextStartUsesWhatIsUnpackedAgain() throws IOException {
    Path folder = start();
    Path witness = Files.createFile(folder.resolve("witness"));

    assertEquals(folder, start());
    assertTrue(Files.exists(witness), "not unpacked again");
  }

  @Test
  void onlyTheOwnerCanAccessIt() throws IOException {
    assertEquals(
        "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(start())));
  }

  @Test
  void aDamagedFolderIsReplaced() throws IOException {
    Path folder = start();
    Path file = folder.resolve(LIBRARY);
    FileTime time = Files.getLastModifiedTime(file);

    Files.delete(file);
    assertLibrary(start());

    Files.writeString(file, "short");
    Files.setLastModifiedTime(file, time);
    assertLibrary(start());

    Files.write(file, new byte[library.length]);
    assertLibrary(start());

    Files.writeString(folder.resolve("classes.index"), "half");
    start();
    assertTrue(Files.readString(folder.resolve("classes.index")).contains("narthex/standalone"));
    assertEquals(List.of(folder), folders());
  }

  @Test
  void aHalfUnpackedWarOfAKilledProcessIsDeleted() throws IOException {
    Files.createFile(parent().resolve("narthex-killed.lock"));
    Path half = Files.createDirectories(parent().resolve("narthex-killed-1/war-1/lib"));
    Files.writeString(half.resolve("some.jar"), "libr");

    Path folder = start();

    assertLibrary(folder);
    assertEquals(List.of(folder), folders());
  }

  @Test
  void aFolderThatOthersCanWriteIsNotUsed() throws IOException {
    Path folder = start();
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path planted = Files.createFile(folder.resolve("planted"));

    Path next = start();

    assertFalse(Files.exists(next.resolve(planted.getFileName())));
    assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(next)));
  }

  @Test
  void whereItsNameIsTakenTheWarIsUnpackedForThisProcessAlone() throws IOException {
    Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
    try (WarFile war = WarFile.open(war());
        KeptWar kept = KeptWar.claim(war, parent())) {
      Files.delete(kept.lockFile());
      Files.createSymbolicLink(kept.lockFile(), elsewhere.resolve("file"));
    }

    try (WarFile war = WarFile.open(war());
        KeptWar kept = KeptWar.claim(war, parent());
        PrivateFolder own = PrivateFolder.create(parent(), kept.lockFile())) {
      Path folder = kept.unpacked(own.path());

      assertTrue(folder.startsWith(own.path()), folder.toString());
      assertLibrary(folder);
    }
    assertEquals(List.of(), folders());
    assertFalse(Files.exists(elsewhere.resolve("file")));
  }

  @Test
  void anotherReleaseHasAnotherFolderAndTheOldOneIsDeleted() throws IOException {
    Path old = start();
    writeWar("release 2");

    Path next = start();

    assertNotEquals(old, next);
    assertEquals("release 2", Files.readString(next.resolve("webapp/WEB-INF/web.xml")));
    assertEquals(List.of(next), folders());
  }

  @Test
  void processesThatStartAtOnceShareOneFolderWhichAnotherReleaseLeavesAlone() throws Exception {
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        processes.add(program());
      }
      Set<String> said = new HashSet<>();
      for (Process process : processes) {
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        said.add(String.valueOf(lines.readLine()));
      }
      assertEquals(1, said.size(), said.toString());
      Path shared = Path.of(said.iterator().next());

      writeWar("release 2");
      Path next = start();

      assertNotEquals(shared, next);
      assertEquals("release 1", Files.readString(shared.resolve("webapp/WEB-INF/web.xml")));
    } finally {
      for (Process process : processes) {
        process.destroyForcibly().waitFor(); // SIGKILL
      }
    }
    assertEquals(List.of(start()), folders());
  }

  /** Starts and ends like a process; returns the folder that it used. */
  private Path start() throws IOException {
    try (WarFile war = WarFile.open(war());
        KeptWar kept = KeptWar.claim(war, parent());
        PrivateFolder own = PrivateFolder.create(parent(), kept.lockFile())) {
      return kept.unpacked(own.path());
    }
  }

  private List<Path> folders() throws IOException {
    try (Stream<Path> all = Files.list(parent())) {
      return all.filter(Files::isDirectory).toList();
    }
  }

  private Path parent() {
    return root.resolve("cache");
  }

  private Path war() {
    return root.resolve("narthex.war");
  }

  private void writeWar(String release) throws IOException {
    try (OutputStream file = Files.newOutputStream(war());
        ZipOutputStream zip = new ZipOutputStream(file)) {
      zip.putNextEntry(new ZipEntry("WEB-INF/lib/"));
      put(zip, "WEB-INF/lib/some.jar", library);
      put(zip, "WEB-INF/lib-boot/server.jar", library);
      put(zip, "META-INF/versions/17/narthex/standalone/Some.class", bytes("launcher"));
      put(zip, "META-INF/versions/17/picocli/Only.class", bytes("picocli"));
      put(zip, "WEB-INF/web.xml", bytes(release));
    }
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    zip.putNextEntry(new ZipEntry(name));
    zip.write(content);
    zip.closeEntry();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private void assertLibrary(Path folder) throws IOException {
    assertArrayEquals(library, Files.readAllBytes(folder.resolve(LIBRARY)));
  }

  private Process program() throws IOException {
    return OtherJvm.of(Starter.class, List.of(), war().toString(), parent().toString())
        .redirectErrorStream(true)
        .start();
  }

  /** Another process: unpacks the WAR, prints the folder, and waits to be killed. */
  static final class Starter {
    private Starter() {}

    public static void main(String[] arguments) throws IOException {
      Path parent = Path.of(arguments[1]);
      try (WarFile war = WarFile.open(Path.of(arguments[0]));
          KeptWar kept = KeptWar.claim(war, parent);
          PrivateFolder own = PrivateFolder.create(parent, kept.lockFile())) {
        System.out.println(kept.unpacked(own.path()));
        System.in.read();
      }
    }
  }
}
