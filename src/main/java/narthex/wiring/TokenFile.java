package narthex.wiring;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import narthex.nix.Sha256;
import narthex.settings.AccessToken;
import narthex.settings.Setting;
import narthex.settings.SettingsException;
import org.jspecify.annotations.Nullable;

/**
 * A file with one token per line. Blank lines and lines that start with {@code #} are ignored.
 * {@link #get} reads the file again if it has changed. If it is then missing, empty or malformed,
 * the previous tokens stay valid, so that a failed rotation locks no client out. Thread-safe.
 */
final class TokenFile implements Supplier<List<Sha256>> {
  private static final System.Logger LOG = System.getLogger(TokenFile.class.getName());

  private final Path file;
  private volatile Reading last;

  private TokenFile(Path file, Reading first) {
    this.file = file;
    this.last = first;
  }

  /** The facts by which a change of the file is detected. */
  private record Version(FileTime changed, long size, @Nullable Object key) {
    static @Nullable Version of(Path file) {
      try {
        BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
        return new Version(facts.lastModifiedTime(), facts.size(), facts.fileKey());
      } catch (IOException gone) {
        return null;
      }
    }
  }

  private record Reading(@Nullable Version version, List<Sha256> tokens) {}

  /**
   * Reads the file.
   *
   * @param setting the setting that names the file
   * @throws SettingsException if the file can't be read, or contains no token or a malformed one
   */
  static TokenFile open(Setting<Path> setting, Path file) {
    Version version = Version.of(file);
    try {
      return new TokenFile(file, new Reading(version, read(file)));
    } catch (IOException | UncheckedIOException e) {
      throw new SettingsException(setting.name(), null, "token file cannot be read: " + e);
    } catch (IllegalArgumentException e) {
      throw new SettingsException(
          setting.name(), null, file + " is refused: " + e.getMessage() + " (not shown)");
    }
  }

  @Override
  public List<Sha256> get() {
    Reading known = last;
    return Objects.equals(known.version(), Version.of(file)) ? known.tokens() : readAgain();
  }

  private synchronized List<Sha256> readAgain() {
    Version version = Version.of(file);
    if (Objects.equals(last.version(), version)) {
      return last.tokens();
    }
    try {
      last = new Reading(version, read(file));
      LOG.log(
          Level.INFO,
          "tokens read file={0} count={1}",
          file,
          Integer.toString(last.tokens().size()));
    } catch (IOException | UncheckedIOException | IllegalArgumentException e) {
      last = new Reading(version, last.tokens());
      LOG.log(
          Level.WARNING,
          "token file rejected, keeping the previous tokens file={0} reason={1}",
          file,
          e instanceof IllegalArgumentException ? e.getMessage() : e.toString());
    }
    return last.tokens();
  }

  private static List<Sha256> read(Path file) throws IOException {
    List<Sha256> tokens = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file)) {
      number++;
      String text = line.strip();
      if (text.isEmpty() || text.startsWith("#")) {
        continue;
      }
      try {
        tokens.add(AccessToken.parse(text).digest());
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("line " + number + ": " + e.getMessage(), e);
      }
    }
    if (tokens.isEmpty()) {
      throw new IllegalArgumentException("the file contains no token");
    }
    return List.copyOf(tokens);
  }
}
