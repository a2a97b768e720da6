package narthex.blob;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Makes the entries of folders durable. Syncing a file doesn't sync its name: after a power failure
 * a new file may be missing unless its folder was synced too.
 */
public final class DurableFolders {
  private DurableFolders() {}

  /** Syncs the entries of a folder to disk. */
  public static void sync(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Syncs the bytes of a file to disk. */
  public static void syncFile(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  /** Creates a folder and all its missing parents, and syncs the parent of each new folder. */
  public static void create(Path folder) throws IOException {
    Path absolute = folder.toAbsolutePath();
    create(absolute, absolute.getRoot());
  }

  /**
   * Creates a folder and its missing parents, and syncs the parent of each new folder. Does nothing
   * if the folder exists.
   *
   * @param top {@code folder} or one of its parents; its own parent must exist
   * @throws NoSuchFileException if the parent of {@code top} doesn't exist
   */
  static void create(Path folder, Path top) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent == null) {
      throw new NoSuchFileException(folder.toString());
    }
    if (!folder.equals(top)) {
      create(parent, top);
    }
    try {
      Files.createDirectory(folder);
    } catch (FileAlreadyExistsException made) {
      return;
    }
    sync(parent);
  }
}
