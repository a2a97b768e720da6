package narthex.standalone;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipFile;

/**
 * Which folders and libraries of an unpacked WAR have classes of a package. It is written once,
 * when the WAR is unpacked, so that a class is not looked for in each of some 60 libraries.
 */
final class ClassIndex {

  private static final String FILE = "classes.index";
  private static final String END = "end of index";
  private static final String CLASS = ".class";
  private static final String VERSIONED = "META-INF/versions/";

  private ClassIndex() {}

  /**
   * Writes the index of an unpacked WAR.
   *
   * @throws IOException if a library can't be read or the index can't be written
   */
  static void write(Path folder) throws IOException {
    Map<String, Set<String>> packages = new TreeMap<>();
    for (Path place : classPath(folder)) {
      String name = folder.relativize(place).toString();
      for (String directory : directoriesWithClasses(place)) {
        packages.computeIfAbsent(directory, any -> new LinkedHashSet<>()).add(name);
      }
    }
    List<String> lines = new ArrayList<>();
    packages.forEach(
        (directory, places) ->
            lines.add(directory.replace('/', '.') + '\t' + String.join("\t", places)));
    lines.add(END);
    Files.write(folder.resolve(FILE), lines);
  }

  /**
   * Reads the index of an unpacked WAR: the folders and libraries of each package, in the order of
   * the class path. It is empty if there is no complete index.
   *
   * @throws IOException if the index can't be read
   */
  static Map<String, List<Path>> read(Path folder) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(folder.resolve(FILE));
    } catch (NoSuchFileException missing) {
      return Map.of();
    }
    if (lines.isEmpty() || !lines.get(lines.size() - 1).equals(END)) {
      return Map.of();
    }
    Map<String, List<Path>> packages = new HashMap<>();
    for (String line : lines.subList(0, lines.size() - 1)) {
      int start = line.indexOf('\t');
      String name = line.substring(0, start);
      List<Path> places = new ArrayList<>(1);
      while (start >= 0) {
        int end = line.indexOf('\t', start + 1);
        places.add(folder.resolve(line.substring(start + 1, end < 0 ? line.length() : end)));
        start = end;
      }
      packages.put(name, places);
    }
    return packages;
  }

  /** Returns the class path: our classes, then the libraries, in the same order everywhere. */
  static List<Path> classPath(Path folder) throws IOException {
    List<Path> libraries = new ArrayList<>();
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.resolve("lib"), "*.jar")) {
      jars.forEach(libraries::add);
    }
    Collections.sort(libraries);
    List<Path> path = new ArrayList<>();
    path.add(folder.resolve("standalone"));
    path.add(folder.resolve("webapp/WEB-INF/classes"));
    path.addAll(libraries);
    return path;
  }

  private static Set<String> directoriesWithClasses(Path place) throws IOException {
    Set<String> directories = new HashSet<>();
    if (Files.isDirectory(place)) {
      try (Stream<Path> all = Files.walk(place)) {
        all.forEach(file -> addDirectory(place.relativize(file).toString(), directories));
      }
    } else if (Files.exists(place)) {
      try (ZipFile jar = new ZipFile(place.toFile())) {
        jar.stream().forEach(entry -> addDirectory(entry.getName(), directories));
      }
    }
    return directories;
  }

  private static void addDirectory(String file, Set<String> directories) {
    int start = 0;
    if (file.startsWith(VERSIONED)) {
      start = file.indexOf('/', VERSIONED.length()) + 1; // after the version of Java
    }
    int end = file.lastIndexOf('/');
    if (end > start && file.endsWith(CLASS)) {
      directories.add(file.substring(start, end));
    }
  }
}
