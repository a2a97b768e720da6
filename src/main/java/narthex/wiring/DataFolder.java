package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import narthex.blob.DurableFolders;
import narthex.settings.ServerSettings;
import narthex.settings.SettingsException;
import org.jspecify.annotations.Nullable;

/**
 * The data directory, locked so that only one server uses it. On a file system without locks, only
 * other deployments in this process are kept out; a warning is logged.
 *
 * <p>The lock is a file lock of the operating system, which is released when the process ends, even
 * if it is killed. Such a lock belongs to the whole process, and on POSIX systems the process loses
 * it as soon as it closes any descriptor of the file. So before the file is opened, a system
 * property shows whether another deployment in this process holds the directory. System properties
 * are shared by all class loaders.
 */
final class DataFolder implements Closeable {
  private static final System.Logger LOG = System.getLogger(DataFolder.class.getName());
  private static final String LOCK_FILE = "narthex.lock";

  /** Doesn't start with {@code narthex.}, so it isn't taken for a setting. */
  private static final String HELD = "held-by-narthex:";

  private final FileChannel channel;
  private final String property;

  private DataFolder(FileChannel channel, String property) {
    this.channel = channel;
    this.property = property;
  }

  /**
   * Locks the directory until {@link #close}. Creates it if it is missing.
   *
   * @param holder description of this server for the error message of another one
   * @throws SettingsException if another server or deployment holds the lock
   * @throws IOException if the directory can't be created or the lock file can't be written
   */
  static DataFolder hold(Path folder, String holder) throws IOException {
    DurableFolders.create(folder);
    String property = HELD + folder.toRealPath();
    Object other = System.getProperties().putIfAbsent(property, holder);
    if (other != null) {
      throw inUse(folder, String.valueOf(other));
    }
    FileChannel channel = null;
    try {
      Path file = folder.resolve(LOCK_FILE);
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      if (!isLocked(channel, file)) {
        throw inUse(folder, Files.readString(file, StandardCharsets.UTF_8).strip());
      }
      channel.truncate(0);
      channel.write(ByteBuffer.wrap((holder + "\n").getBytes(StandardCharsets.UTF_8)));
      return new DataFolder(channel, property);
    } catch (IOException | RuntimeException e) {
      System.clearProperty(property);
      closeQuietly(channel);
      throw e;
    }
  }

  /**
   * Releases the lock. The lock file stays: deleting it could delete the file that the next holder
   * has just locked.
   */
  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      System.clearProperty(property);
    }
  }

  private static boolean isLocked(FileChannel channel, Path file) {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (IOException unsupported) {
      LOG.log(
          Level.WARNING,
          "data directory cannot be locked, make sure that no other server uses it file={0}"
              + " reason={1}",
          file,
          unsupported.toString());
      return true;
    }
  }

  private static SettingsException inUse(Path folder, String holder) {
    return new SettingsException(
        ServerSettings.DATA_DIR.name(),
        null,
        folder
            + " is in use by another Narthex ("
            + holder
            + "); give each one a data folder of its own, or stop the other");
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try (channel) {
      // only closes it
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "lock file not closed", e);
    }
  }
}
