package narthex.db;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A file that reserves disk space. On a full disk, deleting it gives SQLite the space that its log
 * needs to delete rows. Thread-safe.
 */
final class DiskReserve {
  private static final System.Logger LOG = System.getLogger(DiskReserve.class.getName());

  /** Size of SQLite's log between two checkpoints. */
  private static final int BYTES = 4 << 20;

  /** With less free space the reserve isn't created, to leave the space to writers. */
  private static final long ROOM_BYTES = 3L * BYTES;

  private final Path file;

  DiskReserve(Path file) {
    this.file = file;
  }

  /** The reserve next to the file of an SQLite database; null for any other database. */
  static @Nullable DiskReserve of(DatabaseAddress address) {
    return address.sqliteFile().map(it -> new DiskReserve(Path.of(it + "-reserve"))).orElse(null);
  }

  /** Creates the reserve if it is missing and there is enough space. Never throws. */
  synchronized void keep() {
    try {
      if (Files.exists(file) || Files.getFileStore(parent()).getUsableSpace() < ROOM_BYTES) {
        return;
      }
      byte[] filling = new byte[BYTES];
      Arrays.fill(filling, (byte) 1); // file systems may store zeros without using space
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

  /** Deletes the reserve; false if it doesn't exist or can't be deleted. */
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
