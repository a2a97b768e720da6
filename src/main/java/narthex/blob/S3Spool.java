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

/**
 * A spool in a local file that the commit uploads. The file exists until the spool is closed; later
 * readers read the blob.
 */
final class S3Spool implements Spool {
  private final Path file;
  private final Target target;
  private final FileChannel channel;
  private volatile @Nullable Committed committed;

  /** The store of the blob. */
  interface Target {
    /** Makes a blob of a file. */
    void write(String key, Path file, long length) throws IOException;

    /** Like {@link BlobStore#open}. */
    InputStream open(String key, long from, long length) throws IOException;
  }

  private record Committed(String key, long length) {}

  /**
   * @param file a new path
   */
  S3Spool(Path file, Target target) throws IOException {
    this.file = file;
    this.target = target;
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
    FileChannel reading;
    try {
      reading = FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException gone) {
      Committed blob = committed;
      if (blob == null) {
        throw gone;
      }
      return from < blob.length()
          ? target.open(blob.key(), from, blob.length() - from)
          : InputStream.nullInputStream();
    }
    try {
      reading.position(from);
    } catch (IOException e) {
      reading.close();
      throw e;
    }
    return Channels.newInputStream(reading);
  }

  @Override
  public void commit(String key) throws IOException {
    long length = channel.size();
    target.write(key, file, length);
    committed = new Committed(key, length);
  }

  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(file);
  }
}
