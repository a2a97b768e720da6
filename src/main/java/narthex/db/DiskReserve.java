package narthex.db;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file that is there to be deleted when the disk is full, so that rows can be deleted then:
 * SQLite needs room for that in its log. Thread-safe.
 */
final class DiskReserve {
  private static final System.Logger LOG = System.getLogger(DiskReserve.class.getName());

  /** SQLite's log has 4 MiB between two checkpoints. */
  private static final int BYTES = 4 << 20;

  /** With less room the reserve is not made: writers need it, too. */
  private static final long ROOM_BYTES = 3L * BYTES;

  private final Path file;

  DiskReserve(Path file) {
    this.file = file;
  }

  /** A reserve beside the file of an SQLite database; null for any other database. */
  static @Nullable DiskReserve of(DatabaseSettings settings) {
    String prefix = Product.SQLITE.urlPrefix();
    String url = settings.url();
    if (url == null || !url.startsWith(prefix)) {
      return null;
    }
    String database = settings.place().substring(prefix.length()).replaceFirst("^file:", "");
    return new DiskReserve(Path.of(database + "-reserve"));
  }

  /** Makes the reserve if it is missing and there is room; does not fail. */
  synchronized void keep() {
    try {
      if (Files.exists(file) || Files.getFileStore(parent()).getUsableSpace() < ROOM_BYTES) {
        return;
      }
      byte[] filling = new byte[BYTES];
      Arrays.fill(filling, (byte) 1); // zeros may take no room
      Files.write(file, filling);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "could not create the disk reserve file={0} reason={1}",
          file,
          e.toString());
      release();
    }
  }

  private Path parent() {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  /** Gives the room back to the disk; false if that was done already, or cannot be done. */
  synchronized boolean release() {
    try {
      return Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "could not release the disk reserve file={0} reason={1}",
          file,
          e.toString());
      return false;
    }
  }
}
