package narthex.configs;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** The servers and configuration files under test, as they are delivered. */
final class Delivered {
  private Delivered() {}

  /** The WAR under test. */
  static Path war() {
    return Path.of(System.getProperty("it.war")).toAbsolutePath();
  }

  /** A file that the build has copied next to the servers. */
  static Path file(String name) {
    return Path.of(System.getProperty("it.server.zips"), name).toAbsolutePath();
  }

  /** The text of a file in server-configs. */
  static String config(String name) throws IOException {
    return Files.readString(Path.of("server-configs", name));
  }

  /** Unpacks a server and returns its top-level folder. */
  static Path unzip(String name, Path folder) throws IOException {
    Path top = folder;
    try (ZipFile zip = new ZipFile(file(name).toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path target = folder.resolve(entry.getName());
        top = folder.resolve(Path.of(entry.getName()).getName(0));
        if (entry.isDirectory()) {
          Files.createDirectories(target);
          continue;
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, target);
        }
        if (name.endsWith(".zip") && target.toString().endsWith(".sh")) {
          target.toFile().setExecutable(true);
        }
      }
    }
    return top;
  }
}
