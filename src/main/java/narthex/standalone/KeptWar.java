package narthex.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The folder with the unpacked WAR, which stays when the process ends: the next start of the same
 * WAR uses it again.
 *
 * <p>The name of the folder says what is in it. The WAR is unpacked into the {@link PrivateFolder}
 * of the process, and then renamed, so that a folder of this name is complete, whenever a process
 * is killed. A process holds a shared lock while it uses the folder. {@link PrivateFolder} deletes
 * folders that are not locked, such as that of an older release; the lock only saves the next
 * process from unpacking again.
 *
 * <p>Where the folder can't be kept, for example because another user took its name, the process
 * uses an unpacked WAR in its private folder.
 */
final class KeptWar implements AutoCloseable {

  static final String PREFIX = PrivateFolder.PREFIX + "war-";

  private static final Set<PosixFilePermission> OWNER_ONLY =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final WarFile war;
  private final Path folder;
  private final Path lockFile;
  private final @Nullable FileChannel lock;

  private KeptWar(WarFile war, Path folder, Path lockFile, @Nullable FileChannel lock) {
    this.war = war;
    this.folder = folder;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Claims the folder for a WAR. Call this before {@link PrivateFolder#create}, which would delete
   * the folder of an earlier process. The caller closes it when the process ends.
   */
  static KeptWar claim(WarFile war, Path parent) {
    String name = PREFIX + war.name();
    Path lockFile = parent.resolve(name + PrivateFolder.LOCK_SUFFIX);
    // PrivateFolder deletes folders that begin with the name of a lock and "-".
    return new KeptWar(war, parent.resolve(name + "-unpacked"), lockFile, lock(lockFile));
  }

  /** The lock of the folder. */
  Path lockFile() {
    return lockFile;
  }

  /**
   * Returns a folder with the unpacked WAR: the kept one if it is intact, otherwise a new one.
   *
   * @param own the private folder of the process, next to the kept one
   * @throws IOException if the WAR can't be read or unpacked
   */
  Path unpacked(Path own) throws IOException {
    if (isUsable(own)) {
      return folder;
    }
    Path fresh = Files.createTempDirectory(own, "war-");
    war.unpack(fresh);
    ClassIndex.write(fresh);
    return lock == null ? fresh : keep(fresh, own);
  }

  /** Releases the lock. The folder stays. */
  @Override
  public void close() {
    closeQuietly(lock);
  }

  private Path keep(Path fresh, Path own) throws IOException {
    try {
      if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
        if (isUsable(own)) {
          return folder; // another process has unpacked it meanwhile
        }
        Files.move(folder, own.resolve("damaged"), StandardCopyOption.ATOMIC_MOVE);
      }
      Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
      return folder;
    } catch (IOException taken) {
      return isUsable(own) ? folder : fresh;
    }
  }

  private boolean isUsable(Path own) throws IOException {
    return lock != null
        && Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)
        && Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own))
        && isPrivate(folder)
        && war.isUnpackedIn(folder)
        && !ClassIndex.read(folder).isEmpty();
  }

  private static boolean isPrivate(Path folder) throws IOException {
    PosixFileAttributeView posix =
        Files.getFileAttributeView(folder, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    return posix == null || OWNER_ONLY.containsAll(posix.readAttributes().permissions());
  }

  /** Returns the lock, or null if the folder can't be shared. */
  private static @Nullable FileChannel lock(Path lockFile) {
    FileChannel channel = null;
    try {
      channel =
          FileChannel.open(
              lockFile,
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              LinkOption.NOFOLLOW_LINKS);
      FileLock shared = channel.tryLock(0, Long.MAX_VALUE, true);
      if (shared != null && Files.exists(lockFile)) {
        return channel;
      }
    } catch (IOException | OverlappingFileLockException unusable) {
      // Not shared then: for example, another user took the name.
    }
    closeQuietly(channel); // another process may be deleting the folder just now
    return null;
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try (channel) {
      // nothing but closing it
    } catch (IOException unimportant) {
      // nothing was written
    }
  }
}
