package narthex.maintain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.DurableFolders;

/**
 * A backup: the file {@code narthex.db}, the blobs that it names, and the signing keys in {@code
 * keys}. The database gets its name last, so a backup that has one is complete.
 *
 * @param folder an absolute path
 */
record BackupFolder(Path folder) {
  private static final List<String> LOG_FILES = List.of("-wal", "-shm", "-journal");

  /** The copy of the database. */
  Path database() {
    return folder.resolve("narthex.db");
  }

  /** Opens the blob store of the backup, and creates it if it is missing; the caller closes it. */
  BlobStore openBlobs() throws IOException {
    return DirectoryBlobStore.open(folder);
  }

  /** Returns the file for the next database. There is none under this name. */
  Path newDatabase() throws IOException {
    Path part = folder.resolve("narthex.db.new");
    Files.deleteIfExists(part);
    for (String suffix : LOG_FILES) {
      Files.deleteIfExists(part.resolveSibling(part.getFileName() + suffix));
    }
    return part;
  }

  /** Gives a new database its name. */
  void publish(Path part) throws IOException {
    for (String suffix : LOG_FILES) { // SQLite would apply those of the old one to the new one
      Files.deleteIfExists(database().resolveSibling(database().getFileName() + suffix));
    }
    Files.move(part, database(), StandardCopyOption.ATOMIC_MOVE);
    DurableFolders.sync(folder);
  }

  /**
   * Copies these keys to the backup; only the owner can read the copies.
   *
   * @return how many there are
   */
  int storeKeys(List<Path> files) throws IOException {
    int stored = 0;
    for (int i = 0; i < files.size(); i++) {
      if (Files.exists(files.get(i))) {
        copyKey(files.get(i), key(files, i));
        stored++;
      }
    }
    return stored;
  }

  /**
   * Copies the keys back. Leaves a file that exists as it is.
   *
   * @return how many were copied
   */
  int restoreKeys(List<Path> files) throws IOException {
    int restored = 0;
    for (int i = 0; i < files.size(); i++) {
      if (!Files.exists(files.get(i)) && Files.exists(key(files, i))) {
        copyKey(key(files, i), files.get(i));
        restored++;
      }
    }
    return restored;
  }

  /** Several keys may have the same file name in different folders. */
  private Path key(List<Path> files, int i) {
    return folder.resolve("keys").resolve(i + "-" + files.get(i).getFileName());
  }

  private static void copyKey(Path from, Path to) throws IOException {
    Path target = to.toAbsolutePath();
    Path parent = target.getParent();
    if (parent == null) {
      throw new NoSuchFileException(to.toString());
    }
    DurableFolders.create(parent);
    Path part = Files.createTempFile(parent, "key", ".new"); // only its owner can read it
    try {
      Files.write(part, Files.readAllBytes(from));
      DurableFolders.syncFile(part);
      if (Files.getFileStore(parent).supportsFileAttributeView("posix")) {
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
      }
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    DurableFolders.sync(parent);
  }
}
