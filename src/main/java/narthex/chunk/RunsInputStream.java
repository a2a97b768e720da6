package narthex.chunk;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * Bytes made from the chunks of a walk, of which it is known how many they are. Ends only after so
 * many; a stream that failed goes on failing. For one thread.
 */
abstract class RunsInputStream extends InputStream {
  private final BlobStore blobs;
  private final ChunkWalk walk;
  private long left;
  private @Nullable InputStream run;
  private @Nullable IOException failure;

  RunsInputStream(BlobStore blobs, ChunkWalk walk, long left) {
    this.blobs = blobs;
    this.walk = walk;
    this.left = left;
  }

  /**
   * Gives more bytes.
   *
   * @return how many, at least one
   * @throws IOException if there are none, among other reasons
   */
  abstract int readSome(byte[] bytes, int offset, int length) throws IOException;

  /** Whether every byte of the runs opened so far was given. */
  abstract boolean isRunPassed();

  /**
   * Opens the next run of frames, at the given byte of its first one.
   *
   * @throws ChunkLostException if there is none, or its pack is surely not there
   */
  final List<ChunkPlace> openRun(int skip) throws IOException {
    closeRun();
    if (!walk.hasNext()) {
      throw ChunkLostException.ofRows("the chunks end %d bytes early".formatted(left));
    }
    List<ChunkPlace> places = walk.passRun();
    ChunkPlace first = places.get(0);
    long length = places.stream().mapToLong(ChunkPlace::storedLength).sum();
    try {
      run = blobs.open(first.pack(), first.offset() + skip, length - skip);
    } catch (BlobLostException lost) {
      throw ChunkLostException.at(first, lost);
    }
    return places;
  }

  /** Reads from the run that is open. */
  final int readRun(byte[] bytes, int offset, int length) throws IOException {
    InputStream open = run;
    int count = open == null ? -1 : open.read(bytes, offset, length);
    if (count < 0) {
      throw new EOFException("a pack ended within a frame");
    }
    return count;
  }

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public final int read(byte[] bytes, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (failure != null) {
      throw failure;
    }
    if (length == 0 || left == 0) {
      return length == 0 ? 0 : -1;
    }
    try {
      int count = readSome(bytes, offset, (int) Math.min(length, left));
      left -= count;
      if (left == 0 && (!isRunPassed() || walk.hasNext())) {
        throw ChunkLostException.ofRows("the chunks are longer than they should be");
      }
      return count;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  /** All that is left: whoever flushes when it has caught up need not do so for what is stored. */
  @Override
  public final int available() {
    return failure == null ? (int) Math.min(Integer.MAX_VALUE, left) : 0;
  }

  @Override
  public void close() throws IOException {
    if (failure == null) {
      failure = new IOException("stream closed");
    }
    closeRun();
  }

  private void closeRun() throws IOException {
    InputStream open = run;
    run = null;
    if (open != null) {
      open.close();
    }
  }
}
