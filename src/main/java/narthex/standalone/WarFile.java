package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Predicate;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The packed WAR. Unpacks it into a folder: libraries to {@code lib}, so that the web application's
 * class loader doesn't load them again; this package to {@code standalone}; the rest to {@code
 * webapp}. Closing it closes the file.
 */
final class WarFile implements AutoCloseable {

  private static final String OWN_CLASSES = "META-INF/versions/17/narthex/";

  /** What application servers don't find: this package, and what only the launcher needs. */
  static final String LAUNCHER_CLASSES = "META-INF/versions/17/";

  private static final List<String> LIBRARIES = List.of("WEB-INF/lib-boot/", "WEB-INF/lib/");

  private static final long FNV_START = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final ZipFile zip;
  private final List<ZipEntry> files;

  private WarFile(ZipFile zip, List<ZipEntry> files) {
    this.zip = zip;
    this.files = files;
  }

  /**
   * Opens the WAR.
   *
   * @throws IOException if it can't be read
   */
  static WarFile open(Path war) throws IOException {
    ZipFile zip = new ZipFile(war.toFile());
    List<ZipEntry> files = new ArrayList<>();
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (("/" + name).contains("/../")) {
        zip.close();
        throw new IOException("the WAR has a file outside of it: " + name);
      }
      if (!entry.isDirectory() && isUnpacked(name)) {
        files.add(entry);
      }
    }
    return new WarFile(zip, files);
  }

  /**
   * Returns a name for the contents: a hash (FNV-1a of 64 bits) of the names, lengths, times and
   * checksums of all files. A cryptographic hash would take 60 ms before the JVM compiles it.
   */
  String name() {
    long hash = FNV_START;
    for (ZipEntry file : files) {
      hash = (hash ^ file.getName().hashCode()) * FNV_PRIME;
      hash = (hash ^ file.getSize()) * FNV_PRIME;
      hash = (hash ^ file.getCrc()) * FNV_PRIME;
      hash = (hash ^ timeOf(file).toMillis()) * FNV_PRIME;
    }
    return HexFormat.of().toHexDigits(hash);
  }

  /**
   * Unpacks the WAR into an empty folder.
   *
   * @throws IOException if the WAR can't be read or the folder can't be written
   */
  void unpack(Path folder) throws IOException {
    unpack(folder, any -> true);
  }

  /** Unpacks those files whose names in the WAR are wanted. */
  void unpack(Path folder, Predicate<String> wanted) throws IOException {
    for (ZipEntry file : files) {
      if (!wanted.test(file.getName())) {
        continue;
      }
      Path target = targetIn(folder, file);
      Files.createDirectories(target.getParent());
      try (InputStream in = zip.getInputStream(file)) {
        Files.copy(in, target);
      }
      Files.setLastModifiedTime(target, timeOf(file));
    }
  }

  /**
   * Returns whether the WAR is completely unpacked in a folder: every file has its length, and
   * nobody has written it since.
   *
   * @throws IOException if a file can't be examined
   */
  boolean isUnpackedIn(Path folder) throws IOException {
    for (ZipEntry file : files) {
      try {
        BasicFileAttributes found =
            Files.readAttributes(
                targetIn(folder, file), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!found.isRegularFile()
            || found.size() != file.getSize()
            || !found.lastModifiedTime().equals(timeOf(file))) {
          return false;
        }
      } catch (NoSuchFileException missing) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }

  private static boolean isUnpacked(String name) {
    return !name.startsWith(LAUNCHER_CLASSES) || name.startsWith(OWN_CLASSES);
  }

  /** The time in the WAR, which has no time zone. */
  private static FileTime timeOf(ZipEntry file) {
    return FileTime.from(file.getTimeLocal().toInstant(ZoneOffset.UTC));
  }

  private static Path targetIn(Path folder, ZipEntry file) {
    return folder.resolve(targetOf(file.getName()));
  }

  private static String targetOf(String name) {
    for (String libraries : LIBRARIES) {
      if (name.startsWith(libraries)) {
        return "lib/" + name.substring(libraries.length());
      }
    }
    if (name.startsWith(LAUNCHER_CLASSES)) {
      return "standalone/" + name.substring(LAUNCHER_CLASSES.length());
    }
    return "webapp/" + name;
  }
}
