package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a range of a blob from the files of a {@link CachedBlobStore}. It reads from the store
 * itself if files fail. For one thread.
 */
final class PiecesInputStream extends BlobInputStream {
  private static final System.Logger LOG = System.getLogger(PiecesInputStream.class.getName());

  /** Failures of files, and files that are deleted before they are opened. */
  private static final int MOST_FAILURES = 4;

  private final CachedBlobStore blobs;
  private final String key;
  private final long end;
  private long position;
  private int failures;
  private boolean closed;
  private @Nullable PieceReader current;

  /** Reads one piece, or all that is left. */
  private interface PieceReader extends AutoCloseable {
    /** Reads at least one byte at the position of the stream. */
    int read(byte[] bytes, int offset, int most) throws IOException;

    @Override
    void close() throws IOException;
  }

  /** A file can't be used; the piece must be opened again. */
  private static final class FileFailedException extends IOException {
    private static final long serialVersionUID = 1L;

    FileFailedException(IOException cause) {
      super(cause);
    }
  }

  private PiecesInputStream(CachedBlobStore blobs, String key, long from, long length) {
    this.blobs = blobs;
    this.key = key;
    this.position = from;
    this.end = from + length;
  }

  /**
   * Opens the range; the caller closes the stream. The stream throws rather than end early.
   *
   * @param length at least 1
   * @throws BlobLostException if the blob doesn't exist or is too short
   */
  static PiecesInputStream open(CachedBlobStore blobs, String key, long from, long length)
      throws IOException {
    PiecesInputStream stream = new PiecesInputStream(blobs, key, from, length);
    stream.current = stream.openNext();
    return stream;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
    if (length == 0 || position == end) {
      return length == 0 ? 0 : -1;
    }
    while (true) {
      PieceReader reader = current == null ? openNext() : current;
      current = reader;
      try {
        int count = reader.read(bytes, offset, (int) Math.min(length, leftInPiece()));
        position += count;
        failures = 0;
        if (position % blobs.pieceBytes() == 0 && !(reader instanceof Direct)) {
          closeCurrent();
        }
        return count;
      } catch (FileFailedException e) {
        failures++;
        closeCurrent();
      }
    }
  }

  private long leftInPiece() {
    long toEndOfPiece = blobs.pieceBytes() - position % blobs.pieceBytes();
    return Math.min(end - position, toEndOfPiece);
  }

  private PieceReader openNext() throws IOException {
    Piece piece = blobs.piece(key, position);
    while (failures < MOST_FAILURES) {
      OptionalLong stored = blobs.folder().findBlobBytes(piece);
      if (stored.isPresent()) {
        requireLength(stored.getAsLong());
        try {
          PieceReader reader = new Stored(piece, stored.getAsLong());
          expectNext(piece);
          return reader;
        } catch (FileFailedException e) {
          failures++;
          continue;
        }
      }
      PieceFetch fetch = blobs.fetch(piece);
      if (fetch != null) {
        requireLength(fetch.awaitBlobBytes());
        expectNext(piece);
        return new Followed(fetch);
      }
    }
    return new Direct();
  }

  private void requireLength(long blobBytes) throws BlobLostException {
    if (blobBytes < end) {
      throw new BlobLostException(
          key, String.format(Locale.ROOT, "length is %d, expected at least %d", blobBytes, end));
    }
  }

  private void expectNext(Piece piece) {
    if ((piece.index() + 1) * blobs.pieceBytes() < end) {
      blobs.fetchAhead(new Piece(key, piece.index() + 1));
    }
  }

  /** All remaining bytes, so that senders that flush before they wait don't flush for a blob. */
  @Override
  public int available() {
    return (int) Math.min(Integer.MAX_VALUE, end - position);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    closeCurrent();
  }

  private void closeCurrent() throws IOException {
    PieceReader open = current;
    current = null;
    if (open != null) {
      open.close();
    }
  }

  /** A piece whose file is complete. */
  private final class Stored implements PieceReader {
    private final Piece piece;
    private final PieceFile.Reader file;

    Stored(Piece piece, long blobBytes) throws FileFailedException {
      this.piece = piece;
      PieceFolder folder = blobs.folder();
      try {
        file =
            PieceFile.Reader.open(
                folder.file(piece, blobBytes), folder.length(piece, blobBytes), folder.blocks());
      } catch (IOException e) {
        throw failed(e);
      }
    }

    @Override
    public int read(byte[] bytes, int offset, int most) throws FileFailedException {
      try {
        return file.read(position % blobs.pieceBytes(), bytes, offset, most);
      } catch (IOException e) {
        throw failed(e);
      }
    }

    private FileFailedException failed(IOException failure) {
      blobs.folder().remove(piece);
      if (!(failure instanceof NoSuchFileException)) { // else it was deleted to make room
        LOG.log(
            System.Logger.Level.WARNING,
            "cached piece damaged, transferring it again key={0} piece={1} reason={2}",
            key,
            Long.toString(piece.index()),
            failure.toString());
      }
      return new FileFailedException(failure);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** A piece that is being transferred. */
  private final class Followed implements PieceReader {
    private final PieceFetch fetch;
    private @Nullable FileChannel file;

    Followed(PieceFetch fetch) {
      this.fetch = fetch;
    }

    @Override
    public int read(byte[] bytes, int offset, int most) throws IOException {
      long at = position % blobs.pieceBytes();
      OptionalLong written = fetch.awaitMoreThan(at);
      if (written.isEmpty()) {
        failures = MOST_FAILURES; // no file can be written
        throw new FileFailedException(new IOException("no file"));
      }
      int count = (int) Math.min(most, written.getAsLong() - at);
      try {
        FileChannel open = file;
        if (open == null) {
          open = FileChannel.open(fetch.file(), StandardOpenOption.READ);
          file = open;
        }
        int got = open.read(ByteBuffer.wrap(bytes, offset, count), at);
        if (got <= 0) {
          throw new IOException("the file is too short");
        }
        return got;
      } catch (IOException e) {
        fetch.awaitEnd(); // most likely complete and just renamed
        throw new FileFailedException(e);
      }
    }

    @Override
    public void close() throws IOException {
      FileChannel open = file;
      if (open != null) {
        open.close();
      }
    }
  }

  /** The rest of the range, read from the store itself. */
  private final class Direct implements PieceReader {
    private final InputStream in;

    Direct() throws IOException {
      in = blobs.store().open(key, position, end - position);
    }

    @Override
    public int read(byte[] bytes, int offset, int most) throws IOException {
      int count = in.read(bytes, offset, most);
      if (count <= 0) {
        throw new IOException("blob " + key + " ended early");
      }
      return count;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
