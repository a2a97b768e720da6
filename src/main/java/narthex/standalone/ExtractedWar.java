package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/**
 * What {@code extract} makes of the WAR: a folder with {@code narthex.jar}, which has our classes,
 * the libraries in {@code lib}, and the web application.
 *
 * <p>There the JVM's own class loader finds every class. So an archive of classes, which the JVM
 * can make, has all of them; it leaves out those of other class loaders, such as that of an
 * unpacked WAR.
 */
final class ExtractedWar {
  static final String JAR = "narthex.jar";

  /** The title of the program in the manifest, by which it knows that it is extracted. */
  private static final String TITLE = "Narthex, extracted";

  /** Where classes are in the WAR; those that are in both places are the same. */
  private static final List<String> CLASSES =
      List.of(WarFile.LAUNCHER_CLASSES, UnpackedWar.CLASSES);

  private ExtractedWar() {}

  /** Returns the folder that this process was started from; empty if it was the WAR. */
  static Optional<Path> ofThisProcess() {
    return TITLE.equals(Launcher.class.getPackage().getImplementationTitle())
        ? Optional.of(UnpackedWar.ownFile().resolveSibling(""))
        : Optional.empty();
  }

  /**
   * Creates a folder, with its parents, unless it exists and is empty.
   *
   * @throws DirectoryNotEmptyException if it isn't empty
   * @throws IOException if it can't be created or read
   */
  static void requireEmpty(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
      if (found.iterator().hasNext()) {
        throw new DirectoryNotEmptyException(folder.toString());
      }
    }
  }

  /**
   * Extracts the WAR to an empty folder.
   *
   * @throws IOException if the WAR can't be read or the folder can't be written; the folder may
   *     have some of the files then
   */
  static void extract(Path war, Path folder) throws IOException {
    try (WarFile packed = WarFile.open(war)) {
      packed.unpack(folder, name -> !name.startsWith(WarFile.LAUNCHER_CLASSES));
    }
    try (JarFile packed = new JarFile(war.toFile())) {
      writeJar(packed, folder);
    }
  }

  private static void writeJar(JarFile war, Path folder) throws IOException {
    Manifest manifest = new Manifest(war.getManifest());
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.IMPLEMENTATION_TITLE, TITLE);
    attributes.put(
        Attributes.Name.CLASS_PATH,
        ClassIndex.libraries(folder).stream()
            .map(library -> "lib/" + library.getFileName())
            .collect(Collectors.joining(" ")));
    TreeMap<String, JarEntry> classes = new TreeMap<>();
    for (JarEntry entry : Collections.list(war.entries())) {
      for (String place : CLASSES) {
        if (entry.getName().startsWith(place) && !entry.isDirectory()) {
          classes.put(entry.getName().substring(place.length()), entry);
        }
      }
    }
    try (JarOutputStream jar =
        new JarOutputStream(Files.newOutputStream(folder.resolve(JAR)), manifest)) {
      for (var file : classes.entrySet()) {
        jar.putNextEntry(new JarEntry(file.getKey()));
        try (InputStream in = war.getInputStream(file.getValue())) {
          in.transferTo(jar);
        }
      }
    }
  }

  /** Deletes what was extracted to a folder, and the archive of classes. */
  static void remove(Path folder) throws IOException {
    for (String name : List.of(JAR, ClassArchive.FILE, "lib", "webapp")) {
      PrivateFolder.removeTree(folder.resolve(name));
    }
  }
}
