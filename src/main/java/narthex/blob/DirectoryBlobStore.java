package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Stores blobs as files in a local directory.
 *
 * <p>A blob is first a file in the folder of temporary files. Its commit syncs the file to disk,
 * renames it to its final path, and syncs the folder. Opening a store deletes the temporary files
 * of killed processes (see {@link TemporaryFolder}).
 */
public final class DirectoryBlobStore implements BlobStore {
  private static final String BLOBS = "blobs";
  private static final String TEMPORARY = "tmp";

  private final Path blobs;
  private final TemporaryFolder temporary;

  private DirectoryBlobStore(Path blobs, TemporaryFolder temporary) {
    this.blobs = blobs;
    this.temporary = temporary;
  }

  /**
   * Opens the store, creates its folders, and deletes the temporary files of dead processes. The
   * caller closes the store.
   *
   * @throws IOException if a folder can't be created or written
   */
  public static DirectoryBlobStore open(Path root) throws IOException {
    Path blobs = root.resolve(BLOBS);
    DurableFolders.create(blobs);
    return new DirectoryBlobStore(blobs, TemporaryFolder.open(root.resolve(TEMPORARY)));
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    try {
      BasicFileAttributes file = Files.readAttributes(path(key), BasicFileAttributes.class);
      return file.isRegularFile() ? OptionalLong.of(file.size()) : OptionalLong.empty();
    } catch (NoSuchFileException | NotDirectoryException absent) {
      requireRoot(absent);
      return OptionalLong.empty();
    }
  }

  /**
   * Throws if the whole directory is missing, as when a disk is not mounted: no blob is lost then.
   */
  private void requireRoot(IOException cause) throws IOException {
    if (!Files.isDirectory(blobs)) {
      throw new IOException("the folder of the blob store is missing: " + blobs, cause);
    }
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    Path file = path(key);
    if (Files.isDirectory(file)) {
      throw new BlobLostException(key, "it is a directory");
    }
    FileChannel channel;
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException | NotDirectoryException absent) {
      requireRoot(absent);
      throw new BlobLostException(key, "no such file");
    }
    try {
      if (channel.size() < from + length) {
        throw new BlobLostException(
            key,
            String.format(
                Locale.ROOT, "length is %d, expected at least %d", channel.size(), from + length));
      }
      channel.position(from);
      return new ExactInputStream(Channels.newInputStream(channel), length, key);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public Spool spool() throws IOException {
    return new LocalSpool(temporary.newFile(), new Blobs());
  }

  @Override
  public void delete(String key) throws IOException {
    if (find(key).isPresent()) {
      Files.deleteIfExists(path(key));
    }
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    try {
      return new FolderListing(after.orElse(""), most).below(blobs);
    } catch (NoSuchFileException absent) {
      requireRoot(absent);
      throw absent;
    }
  }

  @Override
  public Optional<Path> localFile(String key) {
    return Optional.of(path(key));
  }

  /** Deletes the temporary files, including those of open sinks and spools. */
  @Override
  public void close() throws IOException {
    temporary.close();
  }

  private Path path(String key) {
    return blobs.resolve(BlobKeys.check(key));
  }

  private final class Blobs implements LocalSpool.BlobFolder {
    @Override
    public Path path(String key) {
      return DirectoryBlobStore.this.path(key);
    }

    @Override
    public void move(Path file, Path target) throws IOException {
      Path parent = target.getParent();
      Path folder = parent == null ? blobs : parent;
      DurableFolders.create(folder, blobs);
      if (Files.exists(target)) {
        throw new FileAlreadyExistsException(target.toString());
      }
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      DurableFolders.sync(folder);
    }
  }
}
