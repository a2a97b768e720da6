package narthex.standalone;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A temporary folder of this process.
 *
 * <p>The process holds a lock on a file next to the folder. The operating system releases the lock
 * even if the process is killed, so the next start recognizes the folder as a left-over and deletes
 * it. The lock file is created before the folder and deleted after it.
 */
final class PrivateFolder implements AutoCloseable {

  static final String PREFIX = "narthex-";
  static final String LOCK_SUFFIX = ".lock";

  private final Path path;
  private final Path lockFile;
  private final FileChannel lock;

  private PrivateFolder(Path path, Path lockFile, FileChannel lock) {
    this.path = path;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /**
   * Creates a folder that only its owner can access, and deletes the folders of the same owner's
   * dead processes. The caller closes it.
   *
   * @param held another lock file of this process, which must not be opened: closing it would
   *     release the lock; null for none
   * @throws IOException if the folder can't be created; left-overs that can't be deleted are only
   *     reported
   */
  static PrivateFolder create(Path parent, @Nullable Path held) throws IOException {
    while (true) {
      String name = PREFIX + UUID.randomUUID();
      Path lockFile = parent.resolve(name + LOCK_SUFFIX);
      FileChannel lock =
          FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      if (lock.tryLock() == null || !Files.exists(lockFile)) {
        lock.close(); // another process took it for a left-over
        continue;
      }
      Path path = Files.createTempDirectory(parent, name + "-");
      PrivateFolder folder = new PrivateFolder(path, lockFile, lock);
      folder.sweepLeftOvers(parent, held);
      return folder;
    }
  }

  Path path() {
    return path;
  }

  /** Deletes the folder with its contents. */
  @Override
  public void close() {
    try {
      removeTree(path);
      Files.deleteIfExists(lockFile);
      lock.close();
    } catch (IOException remains) {
      System.err.println("narthex could not delete folder=" + path + " reason=" + remains);
    }
  }

  private void sweepLeftOvers(Path parent, @Nullable Path held) throws IOException {
    UserPrincipal self = Files.getOwner(path, LinkOption.NOFOLLOW_LINKS);
    try (DirectoryStream<Path> lockFiles =
        Files.newDirectoryStream(parent, PREFIX + "*" + LOCK_SUFFIX)) {
      for (Path leftLock : lockFiles) {
        if (!leftLock.equals(lockFile)
            && !leftLock.equals(held)
            && Files.isRegularFile(leftLock, LinkOption.NOFOLLOW_LINKS)
            && isOwner(self, leftLock)) {
          sweep(parent, leftLock, self);
        }
      }
    }
  }

  private static void sweep(Path parent, Path leftLock, UserPrincipal self) {
    try (FileChannel channel =
            FileChannel.open(leftLock, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        FileLock claimed = claim(channel)) {
      if (claimed == null) {
        return; // its process is running
      }
      String lockName = leftLock.getFileName().toString();
      String name = lockName.substring(0, lockName.length() - LOCK_SUFFIX.length());
      try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, name + "-*")) {
        for (Path folder : folders) {
          if (isOwner(self, folder)) {
            removeTree(folder);
          }
        }
      }
      Files.deleteIfExists(leftLock);
    } catch (IOException busy) {
      System.err.println("narthex could not delete left-over=" + leftLock + " reason=" + busy);
    }
  }

  private static @Nullable FileLock claim(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException ownProcess) {
      return null;
    }
  }

  private static boolean isOwner(UserPrincipal self, Path path) {
    try {
      return self.equals(Files.getOwner(path, LinkOption.NOFOLLOW_LINKS));
    } catch (IOException gone) {
      return false;
    }
  }

  /** Deletes a folder or file, if it exists. */
  static void removeTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
              throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
