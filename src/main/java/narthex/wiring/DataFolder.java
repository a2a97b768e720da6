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
import narthex.settings.ServerSettings;
import narthex.settings.SettingsException;
import org.jspecify.annotations.Nullable;

/**
 * The folder of everything that is kept, held by one server at a time.
 *
 * <p>The operating system holds the lock on a file in it, and gives it up with the process, however
 * that ends. Such a lock belongs to the whole process, and is lost as soon as anything in it closes
 * the file. So a folder that another deployment in this process holds must be known before the file
 * is opened: a system property says so, the one place that all class loaders share.
 */
final class DataFolder implements Closeable {
  private static final System.Logger LOG = System.getLogger(DataFolder.class.getName());
  private static final String LOCK_FILE = "narthex.lock";

  /** Does not begin like the name of a setting. */
  private static final String HELD = "held-by-narthex:";

  private final FileChannel channel;
  private final String property;

  private DataFolder(FileChannel channel, String property) {
    this.channel = channel;
    this.property = property;
  }

  /**
   * Makes the folder if it is missing, and holds it until it is closed.
   *
   * @param holder who holds it, for the message that another one gets
   * @throws SettingsException if another server holds it
   * @throws IOException if it cannot be made or written
   */
  static DataFolder hold(Path folder, String holder) throws IOException {
    Files.createDirectories(folder);
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

  /** Lets the next one have it. The file stays: removing it could remove that of the next one. */
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
      // nothing but closing it
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "lock file not closed", e);
    }
  }
}
