package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexedClassLoaderTest {
  @TempDir private Path folder;

  /** In a folder. */
  static final class InFolder {}

  /** In a library, in the same package. */
  static final class InLibrary {}

  /** In a library, for newer versions of Java only. */
  static final class Versioned {}

  /** Nowhere. */
  static final class Missing {}

  @BeforeEach
  void unpack() throws IOException {
    String path = entry(InFolder.class);
    Path file = folder.resolve("webapp/WEB-INF/classes").resolve(path);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Files.write(file, code(path));
    Files.createDirectories(folder.resolve("lib"));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
    try (OutputStream out = Files.newOutputStream(folder.resolve("lib/some.jar"));
        JarOutputStream jar = new JarOutputStream(out, manifest)) {
      put(jar, entry(InLibrary.class), code(entry(InLibrary.class)));
      put(jar, "META-INF/versions/9/" + entry(Versioned.class), code(entry(Versioned.class)));
      put(jar, "some/resource.txt", new byte[] {1});
      put(jar, "an odd%20name#?", new byte[] {3});
      put(jar, "META-INF/versions/9/some/newer.txt", new byte[] {4});
    }
    ClassIndex.write(folder);
  }

  @Test
  void classesOfOnePackageComeFromSeveralPlaces() throws Exception {
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      for (Class<?> here : List.of(InFolder.class, InLibrary.class, Versioned.class)) {
        Class<?> loaded = loader.loadClass(here.getName());

        assertSame(loader, loaded.getClassLoader());
        assertNotSame(here, loaded);
        assertEquals(here.getPackageName(), loaded.getPackage().getName());
      }
      String source =
          loader
              .loadClass(InLibrary.class.getName())
              .getProtectionDomain()
              .getCodeSource()
              .getLocation()
              .toString();
      assertTrue(source.endsWith("lib/some.jar"), source);
    }
  }

  @Test
  void aClassThatIsNowhereIsNotFound() throws Exception {
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      assertThrows(ClassNotFoundException.class, () -> loader.loadClass(Missing.class.getName()));
      assertThrows(ClassNotFoundException.class, () -> loader.loadClass("elsewhere.Missing"));
      assertThrows(ClassNotFoundException.class, () -> loader.loadClass("WithoutPackage"));
    }
  }

  @Test
  void resourcesAreFoundInFoldersAndLibraries() throws Exception {
    Path ours = folder.resolve("webapp/WEB-INF/classes/some/resource.txt");
    Files.createDirectories(Objects.requireNonNull(ours.getParent()));
    Files.write(ours, new byte[] {2});
    ClassIndex.write(folder);
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      List<URL> all = Collections.list(loader.getResources("some/resource.txt"));

      assertEquals(List.of("file", "jar"), all.stream().map(URL::getProtocol).toList());
      assertArrayEquals(new byte[] {2}, content(all.get(0)));
      assertArrayEquals(new byte[] {1}, content(all.get(1)));
      assertEquals(all.get(0), loader.getResource("some/resource.txt"));
      assertArrayEquals(
          new byte[] {3}, content(Objects.requireNonNull(loader.getResource("an odd%20name#?"))));
    }
  }

  @Test
  void resourcesForNewerVersionsOfJavaCanBeOpened() throws Exception {
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      assertArrayEquals(
          new byte[] {4}, content(Objects.requireNonNull(loader.getResource("some/newer.txt"))));
    }
  }

  @Test
  void resourcesThatAreNowhereAreNotFound() throws Exception {
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      for (String name : List.of("some/other.txt", "elsewhere/resource.txt", "resource.txt")) {
        assertNull(loader.getResource(name));
        assertFalse(loader.getResources(name).hasMoreElements());
      }
    }
  }

  @Test
  void directoriesAreResourcesToo() throws Exception {
    try (IndexedClassLoader loader = IndexedClassLoader.of(folder)) {
      assertNotNull(loader.getResource(""));
      assertNotNull(loader.getResource("narthex/"));
    }
  }

  private static byte[] content(URL url) throws IOException {
    try (InputStream in = url.openStream()) {
      return in.readAllBytes();
    }
  }

  @Test
  void anIndexWithoutItsEndIsNoIndex() throws Exception {
    Path file = folder.resolve("classes.index");
    List<String> lines = Files.readAllLines(file);
    Files.write(file, lines.subList(0, lines.size() - 1));

    assertEquals(Map.of(), ClassIndex.read(folder));
  }

  private static String entry(Class<?> type) {
    return type.getName().replace('.', '/') + ".class";
  }

  private static byte[] code(String entry) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            IndexedClassLoaderTest.class.getClassLoader().getResourceAsStream(entry))) {
      return in.readAllBytes();
    }
  }

  private static void put(JarOutputStream jar, String name, byte[] content) throws IOException {
    jar.putNextEntry(new ZipEntry(name));
    jar.write(content);
    jar.closeEntry();
  }
}
