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
 * Which places of an unpacked WAR, that is its folders and libraries, have files in a directory:
 * the classes of a package, or resources. It is written once, when the WAR is unpacked, so that a
 * file is not looked for in each of some 60 libraries.
 */
final class ClassIndex {

  private static final String FILE = "classes.index";
  private static final String END = "end of index";
  private static final String VERSIONED = "META-INF/versions/";

  private ClassIndex() {}

  /**
   * Writes the index of an unpacked WAR.
   *
   * @throws IOException if a library can't be read or the index can't be written
   */
  static void write(Path folder) throws IOException {
    Map<String, Set<String>> all = new TreeMap<>();
    for (Path place : classPath(folder)) {
      String name = folder.relativize(place).toString();
      for (String directory : directories(place)) {
        all.computeIfAbsent(directory, any -> new LinkedHashSet<>()).add(name);
      }
    }
    List<String> lines = new ArrayList<>();
    all.forEach((directory, places) -> lines.add(directory + '\t' + String.join("\t", places)));
    lines.add(END);
    Files.write(folder.resolve(FILE), lines);
  }

  /**
   * Reads the index of an unpacked WAR: the places of each directory, such as {@code META-INF}, in
   * the order of the class path. It is empty if there is no complete index.
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
    Map<String, List<Path>> all = new HashMap<>();
    for (String line : lines.subList(0, lines.size() - 1)) {
      int start = line.indexOf('\t');
      String directory = line.substring(0, start);
      List<Path> places = new ArrayList<>(1);
      while (start >= 0) {
        int end = line.indexOf('\t', start + 1);
        places.add(folder.resolve(line.substring(start + 1, end < 0 ? line.length() : end)));
        start = end;
      }
      all.put(directory, places);
    }
    return all;
  }

  /** Returns the directory of a file, in both without a slash at the end; empty for none. */
  static String directory(String file) {
    return file.substring(0, Math.max(0, file.lastIndexOf('/')));
  }

  /** Returns the class path: our classes, then the libraries, in the same order everywhere. */
  static List<Path> classPath(Path folder) throws IOException {
    List<Path> path = new ArrayList<>();
    path.add(folder.resolve("standalone"));
    path.add(folder.resolve("webapp/WEB-INF/classes"));
    path.addAll(libraries(folder));
    return path;
  }

  /** Returns the libraries, in the same order everywhere. */
  static List<Path> libraries(Path folder) throws IOException {
    List<Path> libraries = new ArrayList<>();
    try (DirectoryStream<Path> jars = Files.newDirectoryStream(folder.resolve("lib"), "*.jar")) {
      jars.forEach(libraries::add);
    }
    Collections.sort(libraries);
    return libraries;
  }

  private static Set<String> directories(Path place) throws IOException {
    Set<String> directories = new HashSet<>();
    if (Files.isDirectory(place)) {
      try (Stream<Path> all = Files.walk(place)) {
        all.filter(Files::isRegularFile)
            .forEach(file -> directories.add(directory(place.relativize(file).toString())));
      }
    } else if (Files.exists(place)) {
      try (ZipFile jar = new ZipFile(place.toFile())) {
        jar.stream().forEach(entry -> add(entry.getName(), directories));
      }
    }
    return directories;
  }

  /** A file for some versions of Java is found in the directory without the version, too. */
  private static void add(String file, Set<String> directories) {
    directories.add(directory(file));
    if (file.startsWith(VERSIONED)) {
      directories.add(directory(file.substring(file.indexOf('/', VERSIONED.length()) + 1)));
    }
  }
}
