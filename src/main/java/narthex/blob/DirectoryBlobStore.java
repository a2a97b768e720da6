package narthex.blob;

import java.io.EOFException;
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
 * Blobs as files below one local directory.
 *
 * <p>A blob is written to a file of its own in the staging area, forced to the disk, and renamed to
 * its place; then its folder is forced too. What a killed process left in the staging area is swept
 * when a store is opened (see {@link TemporaryFolder}).
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
   * Opens the store, creating its folders, and sweeps what dead processes left half-written.
   *
   * @throws IOException if the folder cannot be made or written
   */
  public static DirectoryBlobStore open(Path root) throws IOException {
    Path blobs = Files.createDirectories(root.resolve(BLOBS));
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

  /** A folder that vanished (an unmounted disk, say) makes nothing absent: it is an error. */
  private void requireRoot(IOException cause) throws IOException {
    if (!Files.isDirectory(blobs)) {
      throw new IOException("the blob store's folder " + blobs + " is not there", cause);
    }
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    Path file = path(key);
    if (Files.isDirectory(file)) {
      throw new BlobLostException(key, "the key is only the beginning of others");
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

  /** Frees the staging area; sinks that are still open are discarded with it. */
  @Override
  public void close() throws IOException {
    temporary.close();
  }

  private Path path(String key) {
    return blobs.resolve(BlobKeys.check(key));
  }

  private static void force(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Makes the folder and forces each new link on the way, so that a power cut cannot lose it. */
  private void makeFolder(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      return;
    }
    Path parent = folder.getParent();
    if (parent == null) {
      throw new NoSuchFileException(folder.toString());
    }
    if (!folder.equals(blobs)) {
      makeFolder(parent);
    }
    try {
      Files.createDirectory(folder);
    } catch (FileAlreadyExistsException made) {
      return;
    }
    force(parent);
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
      makeFolder(folder);
      if (Files.exists(target)) {
        throw new FileAlreadyExistsException(target.toString());
      }
      Files.move(file, target, StandardCopyOption.ATOMIC_MOVE);
      force(folder);
    }
  }

  /** Gives exactly so many bytes of a stream; an earlier end is a failure. */
  private static final class ExactInputStream extends BlobInputStream {
    private final InputStream in;
    private final String key;
    private long left;

    ExactInputStream(InputStream in, long length, String key) {
      this.in = in;
      this.left = length;
      this.key = key;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return length == 0 ? 0 : -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(length, left));
      if (count < 0) {
        throw new EOFException(
            String.format(Locale.ROOT, "blob %s ended %d bytes early", key, left));
      }
      left -= count;
      return count;
    }

    /** All that is left: whoever flushes when it has caught up need not do so for a file. */
    @Override
    public int available() {
      return (int) Math.min(Integer.MAX_VALUE, left);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
