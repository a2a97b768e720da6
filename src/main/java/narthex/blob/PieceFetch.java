package narthex.blob;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One transfer of a piece from the store into a {@link PieceFolder}. One thread runs it; any number
 * follow it while it runs. A failure to write the local file ends the transfer, but is no failure
 * of the blob: the followers then read from the store themselves.
 */
final class PieceFetch implements Runnable {
  private static final System.Logger LOG = System.getLogger(PieceFetch.class.getName());

  private final Piece piece;
  private final Source source;
  private final PieceFolder folder;
  private final Consumer<PieceFetch> ended;
  private final Path file;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private State state = State.STARTING; // guarded by lock
  private @Nullable OpenRange range; // guarded by lock
  private long writtenBytes; // guarded by lock
  private @Nullable IOException failure; // guarded by lock
  private boolean cancelled; // guarded by lock

  /** Opens a piece in the store. */
  @FunctionalInterface
  interface Source {
    OpenRange open() throws IOException;
  }

  private enum State {
    /** The store has not answered. */
    STARTING,
    /** The bytes are being written. */
    RUNNING,
    /** The piece is in the folder. */
    DONE,
    /** The piece could not be written to a file. */
    NOT_WRITTEN,
    /** The store failed. */
    FAILED
  }

  /**
   * @param ended called once, before the end of the transfer is visible to its followers
   */
  PieceFetch(Piece piece, Source source, PieceFolder folder, Consumer<PieceFetch> ended) {
    this.ended = ended;
    this.piece = piece;
    this.source = source;
    this.folder = folder;
    this.file = folder.newFile();
  }

  /** Transfers the piece. Never throws. */
  @Override
  public void run() {
    try (InputStream in = begin()) {
      write(in);
    } catch (IOException | RuntimeException e) {
      end(State.FAILED, e instanceof IOException failed ? failed : new IOException(e));
    }
  }

  private InputStream begin() throws IOException {
    requireOpen();
    OpenRange opened = source.open();
    lock.lock();
    try {
      range = opened;
      state = State.RUNNING;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      requireOpen();
    } catch (IOException e) {
      opened.bytes().close();
      throw e;
    }
    return opened.bytes();
  }

  private void requireOpen() throws IOException {
    lock.lock();
    try {
      if (cancelled) {
        throw new IOException("the store is closed");
      }
    } finally {
      lock.unlock();
    }
  }

  private void write(InputStream in) throws IOException {
    long length = opened().lengthBytes();
    if (!folder.reserve(length)) {
      end(State.NOT_WRITTEN, null);
      return;
    }
    boolean isPublished = false;
    try (PieceFile.Writer writer = createFile(length)) {
      byte[] block = new byte[PieceFile.BLOCK_BYTES];
      for (long left = length; left > 0; ) {
        int count = in.readNBytes(block, 0, (int) Math.min(block.length, left));
        if (count < Math.min(block.length, left)) {
          throw new EOFException("the store sent too few bytes");
        }
        left -= count;
        writeBlock(writer, block, count);
      }
      complete(writer);
      isPublished = true;
      end(State.DONE, null);
    } catch (NotWrittenException e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "blob not cached key={0} piece={1} reason={2}",
          piece.key(),
          Long.toString(piece.index()),
          String.valueOf(e.getCause()));
      end(State.NOT_WRITTEN, null);
    } finally {
      if (!isPublished) {
        folder.release(length);
        deleteFile();
      }
    }
  }

  private PieceFile.Writer createFile(long length) throws NotWrittenException {
    try {
      return new PieceFile.Writer(file, length);
    } catch (IOException e) {
      throw new NotWrittenException(e);
    }
  }

  private void writeBlock(PieceFile.Writer writer, byte[] block, int count)
      throws NotWrittenException {
    try {
      writer.write(block, count);
    } catch (IOException e) {
      throw new NotWrittenException(e);
    }
    lock.lock();
    try {
      writtenBytes += count;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void complete(PieceFile.Writer writer) throws NotWrittenException {
    try {
      writer.finish();
      folder.publish(file, piece, opened().blobBytes());
    } catch (IOException e) {
      throw new NotWrittenException(e);
    }
  }

  private void deleteFile() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "incomplete piece not deleted", e);
    }
  }

  private void end(State last, @Nullable IOException cause) {
    ended.accept(this);
    lock.lock();
    try {
      state = last;
      failure = cause;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private OpenRange opened() {
    lock.lock();
    try {
      OpenRange opened = range;
      if (opened == null) {
        throw new IllegalStateException("the piece is not open");
      }
      return opened;
    } finally {
      lock.unlock();
    }
  }

  /** The file that is being written; it is renamed in the end. */
  Path file() {
    return file;
  }

  /** Ends the transfer soon. */
  void cancel() {
    OpenRange opened;
    lock.lock();
    try {
      cancelled = true;
      opened = range;
    } finally {
      lock.unlock();
    }
    if (opened != null) {
      try {
        opened.bytes().close();
      } catch (IOException e) {
        LOG.log(System.Logger.Level.DEBUG, "transfer not ended", e);
      }
    }
  }

  /**
   * Waits until the store has answered, and returns the length of the blob.
   *
   * @throws IOException if the store failed
   */
  long awaitBlobBytes() throws IOException {
    lock.lock();
    try {
      await(0);
      throwFailure();
      return opened().blobBytes();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until more bytes of the piece than these are in the file.
   *
   * @return how many there are; empty if there will never be more, because they could not be
   *     written
   * @throws IOException if the store failed before
   */
  OptionalLong awaitMoreThan(long bytes) throws IOException {
    lock.lock();
    try {
      await(bytes + 1);
      if (writtenBytes > bytes) {
        return OptionalLong.of(writtenBytes);
      }
      throwFailure();
      return OptionalLong.empty();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the transfer has ended. Its complete file is in the folder then, under its name.
   *
   * @throws InterruptedIOException if the thread is interrupted
   */
  void awaitEnd() throws InterruptedIOException {
    lock.lock();
    try {
      await(Long.MAX_VALUE);
    } finally {
      lock.unlock();
    }
  }

  private void await(long bytes) throws InterruptedIOException {
    try {
      // The time-outs of the store end the transfer, and so this wait.
      while (state == State.STARTING || (state == State.RUNNING && writtenBytes < bytes)) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a blob");
    }
  }

  /** Throws the failure anew for each thread; the caller holds the lock. */
  private void throwFailure() throws IOException {
    IOException failed = failure;
    if (failed instanceof BlobLostException lost) {
      BlobLostException mine = new BlobLostException(lost.key(), "see the cause");
      mine.initCause(lost);
      throw mine;
    }
    if (failed != null) {
      throw new IOException(failed.getMessage(), failed);
    }
  }

  /** The local file could not be written. */
  private static final class NotWrittenException extends IOException {
    private static final long serialVersionUID = 1L;

    NotWrittenException(IOException cause) {
      super(cause);
    }
  }
}
