package narthex.blob;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The folder of temporary files of one open store.
 *
 * <p>Each owner has a folder {@code <id>}, and while it is open a lock on the file {@code
 * <id>.lock} next to it. So opening another folder in the same parent can delete the files of
 * killed processes and keep those of running ones, also on a shared disk.
 *
 * <p>The id starts with that of the Java process. A process never checks the locks of its own
 * folders: on POSIX systems, closing a lock file would release all locks of the process on it.
 */
final class TemporaryFolder implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(TemporaryFolder.class.getName());
  private static final String LOCK = ".lock";

  private final Path folder;
  private final Path lockFile;
  private final FileChannel lock;
  private final AtomicLong number = new AtomicLong();

  private TemporaryFolder(Path folder, Path lockFile, FileChannel lock) {
    this.folder = folder;
    this.lockFile = lockFile;
    this.lock = lock;
  }

  /** Deletes the folders of dead owners in the parent, then creates a new folder in it. */
  static TemporaryFolder open(Path parent) throws IOException {
    Files.createDirectories(parent);
    sweep(parent);
    while (true) {
      TemporaryFolder claimed = claim(parent, processId() + UUID.randomUUID());
      if (Files.exists(claimed.lockFile)) {
        return claimed;
      }
      claimed.close(); // another process deleted the lock file before it was locked
    }
  }

  private static TemporaryFolder claim(Path parent, String id) throws IOException {
    Path lockFile = parent.resolve(id + LOCK);
    FileChannel lock =
        FileChannel.open(lockFile, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      lock.lock();
      return new TemporaryFolder(Files.createDirectory(parent.resolve(id)), lockFile, lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** An id that is the same for all class loaders of this process, and differs for other ones. */
  private static String processId() {
    ProcessHandle process = ProcessHandle.current();
    long started = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
    return process.pid() + "-" + started + ".";
  }

  /** A new path in the folder; a different one for each call. */
  Path newFile() {
    return folder.resolve(Long.toString(number.incrementAndGet()));
  }

  /** Deletes the folder with its files and releases the lock. */
  @Override
  public void close() throws IOException {
    try {
      deleteFolder(folder);
      Files.deleteIfExists(lockFile);
    } finally {
      lock.close();
    }
  }

  private static void sweep(Path parent) throws IOException {
    try (DirectoryStream<Path> locks = Files.newDirectoryStream(parent, "*" + LOCK)) {
      for (Path lockFile : locks) {
        String name = lockFile.getFileName().toString();
        if (!name.startsWith(processId())) {
          String id = name.substring(0, name.length() - LOCK.length());
          sweepOne(lockFile, lockFile.resolveSibling(id));
        }
      }
    }
  }

  private static void sweepOne(Path lockFile, Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.WRITE);
        FileLock owned = channel.tryLock()) {
      if (owned == null) {
        return;
      }
      long swept = deleteFolder(folder);
      Files.deleteIfExists(lockFile);
      LOG.log(
          Level.INFO, "partial files deleted folder={0} files={1}", folder, Long.toString(swept));
    } catch (NoSuchFileException sweptMeanwhile) {
      // Another process that starts at the same time deletes it.
    }
  }

  private static long deleteFolder(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    long files = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        Files.deleteIfExists(entry);
        files++;
      }
    }
    Files.deleteIfExists(folder);
    return files;
  }
}
