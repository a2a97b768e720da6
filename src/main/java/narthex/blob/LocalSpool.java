package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** A spool in a file that the commit moves into the folder of blobs. */
final class LocalSpool implements Spool {
  private final Path file;
  private final BlobFolder folder;
  private final FileChannel channel;
  private volatile @Nullable Path target;
  private volatile boolean committed;

  /** The folder of blobs. */
  interface BlobFolder {
    /** The path of a blob. */
    Path path(String key);

    /**
     * Moves a file to the path of a blob. The file must be synced to disk already.
     *
     * @throws IOException if moving fails or the blob already exists
     */
    void move(Path file, Path target) throws IOException;
  }

  /**
   * @param file a new path
   */
  LocalSpool(Path file, BlobFolder folder) throws IOException {
    this.file = file;
    this.folder = folder;
    this.channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }

  @Override
  public InputStream openWritten(long from) throws IOException {
    FileChannel reading = openFile();
    try {
      reading.position(from);
    } catch (IOException e) {
      reading.close();
      throw e;
    }
    return Channels.newInputStream(reading);
  }

  private FileChannel openFile() throws IOException {
    try {
      return FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException gone) {
      Path moved = target;
      if (moved == null) {
        throw gone;
      }
      return FileChannel.open(moved, StandardOpenOption.READ);
    }
  }

  @Override
  public void commit(String key) throws IOException {
    channel.force(true);
    Path path = folder.path(key);
    target = path;
    folder.move(file, path);
    committed = true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
    if (!committed) {
      Files.deleteIfExists(file);
    }
  }
}
