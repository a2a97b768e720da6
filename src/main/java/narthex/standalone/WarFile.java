package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The packed WAR. Unpacks it into a folder: libraries to {@code lib}, so that the web application's
 * class loader doesn't load them again; this package to {@code standalone}; the rest to {@code
 * webapp}. Closing it closes the file.
 */
final class WarFile implements AutoCloseable {

  private static final String OWN_CLASSES = "META-INF/versions/17/narthex/";
  private static final String LAUNCHER_ONLY = "META-INF/versions/17/";
  private static final List<String> LIBRARIES = List.of("WEB-INF/lib-boot/", "WEB-INF/lib/");

  private final ZipFile zip;
  private final List<ZipEntry> files;

  private WarFile(ZipFile zip) {
    this.zip = zip;
    this.files = new ArrayList<>();
    zip.stream().filter(entry -> !entry.isDirectory() && isUnpacked(entry)).forEach(files::add);
  }

  /**
   * Opens the WAR.
   *
   * @throws IOException if it can't be read
   */
  static WarFile open(Path war) throws IOException {
    return new WarFile(new ZipFile(war.toFile()));
  }

  /**
   * Returns a name for the contents: a hash of the names, lengths, times and checksums of all
   * files. Two WARs with the same name are unpacked to the same files.
   */
  String name() {
    try {
      MessageDigest hash = MessageDigest.getInstance("SHA-256");
      StringBuilder facts = new StringBuilder();
      for (ZipEntry file : files) {
        facts.append(file.getName()).append('\0').append(file.getSize()).append('\0');
        facts.append(file.getCrc()).append('\0').append(timeOf(file).toMillis()).append('\n');
      }
      byte[] digest = hash.digest(facts.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, digest.length / 2);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Unpacks the WAR into an empty folder.
   *
   * @throws IOException if the WAR can't be read or the folder can't be written
   */
  void unpack(Path folder) throws IOException {
    for (ZipEntry file : files) {
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

  private static boolean isUnpacked(ZipEntry file) {
    String name = file.getName();
    return !name.startsWith(LAUNCHER_ONLY) || name.startsWith(OWN_CLASSES);
  }

  /** The time in the WAR, which has no time zone. */
  private static FileTime timeOf(ZipEntry file) {
    return FileTime.from(file.getTimeLocal().toInstant(ZoneOffset.UTC));
  }

  private static Path targetIn(Path folder, ZipEntry file) throws IOException {
    Path target = folder.resolve(targetOf(file.getName())).normalize();
    if (!target.startsWith(folder)) {
      throw new IOException("the WAR has a file outside of it: " + file.getName());
    }
    return target;
  }

  private static String targetOf(String name) {
    for (String libraries : LIBRARIES) {
      if (name.startsWith(libraries)) {
        return "lib/" + name.substring(libraries.length());
      }
    }
    if (name.startsWith(LAUNCHER_ONLY)) {
      return "standalone/" + name.substring(LAUNCHER_ONLY.length());
    }
    return "webapp/" + name;
  }
}
