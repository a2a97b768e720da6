package narthex.standalone;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tokens that {@code login} stores, in a file that only its owner can read. A line has the URL
 * of a server and the token.
 */
final class Tokens {
  /** The token in the environment, so that it is in no file and no list of processes. */
  static final String VARIABLE = "NARTHEX_TOKEN";

  private final Path file;

  /**
   * @param file need not exist
   */
  Tokens(Path file) {
    this.file = file;
  }

  /** The tokens of this user: {@code $XDG_CONFIG_HOME/narthex/tokens}. */
  static Tokens ofUser() {
    return new Tokens(configFolder().resolve("narthex").resolve("tokens"));
  }

  /** {@code $XDG_CONFIG_HOME}, or {@code ~/.config}. */
  static Path configFolder() {
    String folder = System.getenv("XDG_CONFIG_HOME");
    return folder != null && folder.startsWith("/")
        ? Path.of(folder)
        : Path.of(home()).resolve(".config");
  }

  private static String home() {
    String home = System.getenv("HOME");
    return home == null || home.isEmpty() ? System.getProperty("user.home") : home;
  }

  /**
   * Finds the token for a server: in a file, in the environment, or stored.
   *
   * @param tokenFile the file that the user names; null for none
   * @return null if there is none
   * @throws IOException if a file can't be read; the message is one line
   */
  static @Nullable String find(@Nullable Path tokenFile, URI server) throws IOException {
    if (tokenFile != null) {
      return read(tokenFile);
    }
    String given = System.getenv(VARIABLE);
    return given != null && !given.isEmpty() ? given : ofUser().find(server).orElse(null);
  }

  private static String read(Path tokenFile) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(tokenFile);
    } catch (IOException e) {
      throw new IOException("--token-file: " + tokenFile + " cannot be read", e);
    }
    return lines.stream()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .findFirst()
        .orElseThrow(() -> new IOException("--token-file: " + tokenFile + " contains no token"));
  }

  Path file() {
    return file;
  }

  /** Finds the stored token of a server. */
  Optional<String> find(URI server) throws IOException {
    String start = CacheClient.base(server) + " ";
    return lines().stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).strip())
        .findFirst();
  }

  /** Stores the token of a server in place of an earlier one. */
  void store(URI server, String token) throws IOException {
    List<String> lines = without(server);
    lines.add(CacheClient.base(server) + " " + token);
    write(lines);
  }

  /** Removes the token of a server. Returns whether there was one. */
  boolean remove(URI server) throws IOException {
    List<String> before = lines();
    List<String> after = without(server);
    if (after.size() < before.size()) {
      write(after);
    }
    return after.size() < before.size();
  }

  private List<String> without(URI server) throws IOException {
    String start = CacheClient.base(server) + " ";
    List<String> lines = new ArrayList<>(lines());
    lines.removeIf(line -> line.startsWith(start));
    return lines;
  }

  private List<String> lines() throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (NoSuchFileException none) {
      return List.of();
    }
  }

  private void write(List<String> lines) throws IOException {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    replace(file, text.toString(), "rw-------");
  }

  /**
   * Replaces a file at once, by another one with these permissions. A link stays one. Creates the
   * folder, for its owner alone, if it is missing.
   */
  static void replace(Path link, String text, String permissions) throws IOException {
    Path file = Files.isSymbolicLink(link) ? link.toRealPath() : link;
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException(file + " is not a file");
    }
    if (!Files.isDirectory(folder, new LinkOption[0])) {
      Files.createDirectories(
          folder,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    Path next = Files.createTempFile(folder, ".narthex", ".tmp"); // rw-------
    try {
      Files.writeString(next, text);
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString(permissions));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(next);
    }
  }
}
