package narthex.chunk;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Bytes made from the frames of a walk, one after the other, of which it is known how many they
 * are. Ends only after so many; a stream that failed goes on failing. Holds one frame and one open
 * pack. For one thread.
 */
abstract class RunsInputStream extends SpanInputStream {
  private final BlobStore blobs;
  private final ChunkWalk walk;
  private long left;
  private List<ChunkPlace> run = List.of();
  private int next;
  private @Nullable InputStream pack;
  private byte[] frame = new byte[0];
  private byte[] made = new byte[0];
  private int position;
  private int end;
  private @Nullable IOException failure;

  RunsInputStream(BlobStore blobs, ChunkWalk walk, long left) {
    this.blobs = blobs;
    this.walk = walk;
    this.left = left;
  }

  /**
   * Makes bytes from a frame.
   *
   * @param frame the frame's bytes are the first of it
   * @return the array of which the first {@link #lengthOf} bytes are given; unchanged until the
   *     next call
   * @throws ChunkLostException if the frame is damaged
   */
  abstract byte[] make(ChunkPlace place, byte[] frame) throws IOException;

  /** How many bytes are made from a frame. */
  abstract int lengthOf(ChunkPlace place);

  /**
   * Makes the first bytes, so that what surely is missing or damaged is known at once; closes this
   * if that fails.
   *
   * @param skip bytes that are left out of those made from the first frame
   */
  final void begin(int skip) throws IOException {
    try {
      makeNext();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    position = skip;
  }

  /**
   * Gives more bytes: what is left of those made from one frame.
   *
   * @return how many, at least one
   * @throws IOException if there are none, among other reasons
   */
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    if (position == end) {
      makeNext();
    }
    int count = Math.min(length, end - position);
    System.arraycopy(made, position, bytes, offset, count);
    position += count;
    return count;
  }

  /** Whether every byte of the runs opened so far was given. */
  final boolean isRunPassed() {
    return position == end && next == run.size();
  }

  private void makeNext() throws IOException {
    if (next == run.size()) {
      openRun();
    }
    ChunkPlace place = run.get(next++);
    frame = sized(frame, place.storedLength());
    for (int read = 0; read < place.storedLength(); ) {
      read += readPack(frame, read, place.storedLength() - read);
    }
    made = make(place, frame);
    position = 0;
    end = lengthOf(place);
  }

  /**
   * Opens the next run of frames.
   *
   * @throws ChunkLostException if there is none, or its pack is surely not there
   */
  private void openRun() throws IOException {
    closePack();
    if (!walk.hasNext()) {
      throw ChunkLostException.ofRows(
          String.format(Locale.ROOT, "the chunks end %d bytes early", left));
    }
    List<ChunkPlace> places = walk.passRun();
    ChunkPlace first = places.get(0);
    long length = places.stream().mapToLong(ChunkPlace::storedLength).sum();
    try {
      pack = blobs.open(first.pack(), first.offset(), length);
    } catch (BlobLostException lost) {
      throw ChunkLostException.at(first, lost);
    }
    run = places;
    next = 0;
  }

  private int readPack(byte[] bytes, int offset, int length) throws IOException {
    InputStream open = pack;
    int count = open == null ? -1 : open.read(bytes, offset, length);
    if (count < 0) {
      throw new EOFException("a pack ended within a frame");
    }
    return count;
  }

  /** The array, or a longer one if it is too short; chunks have a longest length. */
  static byte[] sized(byte[] array, int length) {
    return array.length >= length ? array : new byte[Math.max(length, array.length * 2)];
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
    closePack();
  }

  private void closePack() throws IOException {
    InputStream open = pack;
    pack = null;
    if (open != null) {
      open.close();
    }
  }
}
