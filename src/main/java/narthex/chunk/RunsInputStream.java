package narthex.chunk;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A stream of known length that is made from the frames of a {@link ChunkWalk}. It never ends
 * early. After a failure every further read fails too. Holds one stored frame, which may contain
 * several chunks, and one open pack. Announces the next runs to the blob store: one during the
 * first run, more the longer it is read, because a reader may want no more than the beginning. Not
 * thread-safe.
 */
abstract class RunsInputStream extends SpanInputStream {
  /** Maximum number of announced runs. */
  static final int MOST_AHEAD = 4;

  /** Instead of a number of bytes: until the last chunk of the NAR. */
  static final long UNTIL_END = Long.MAX_VALUE;

  private final BlobStore blobs;
  private final ChunkWalk walk;
  private final Deque<List<ChunkPlace>> ahead = new ArrayDeque<>();
  private int runsAhead = 1;
  private long left;
  private long narOffset;
  private List<ChunkPlace> run = List.of();
  private int next;
  private @Nullable InputStream pack;
  private byte[] frame = new byte[0];
  private byte[] made = new byte[0];
  private int position;
  private int end;

  /** Where in the NAR the chunks begin for which the bytes were made last. */
  private long madeFrom;

  /** Where those bytes begin in the array. */
  private int madeAt;

  private @Nullable IOException failure;

  RunsInputStream(BlobStore blobs, ChunkWalk walk, long left) {
    this.blobs = blobs;
    this.walk = walk;
    this.left = left;
    this.narOffset = walk.narOffset();
  }

  /**
   * Takes a stored frame that was read. Before a chunk of another frame, it is called again.
   *
   * @param frame an array that starts with the frame; unchanged until the next call
   * @throws ChunkLostException if the frame is damaged
   */
  abstract void take(ChunkPlace place, byte[] frame) throws IOException;

  /**
   * Makes the bytes for a chunk of the frame that was taken last.
   *
   * @return an array that contains the {@link #lengthOf} bytes to return from {@link #startOf} on;
   *     unchanged until the next call
   */
  abstract byte[] make(ChunkPlace place) throws IOException;

  /** Returns where in the made array the bytes of a chunk start. */
  abstract int startOf(ChunkPlace place);

  /**
   * Returns how many chunks the bytes stand for that are made next, at least 1. Called before
   * {@link #make}.
   *
   * @param chunks that chunk, and those after it whose frames were announced with it
   */
  int covered(List<ChunkPlace> chunks) {
    return 1;
  }

  /** Returns the number of bytes that are made for a chunk. */
  abstract int lengthOf(ChunkPlace place);

  /**
   * Makes the first bytes, so that a lost chunk is detected at once. Closes this if that fails.
   *
   * @param skip number of bytes to skip of those made from the first frame
   */
  final void begin(int skip) throws IOException {
    try {
      makeNext();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    position += skip;
  }

  /**
   * Reads the bytes left of one frame, or those of the next frame if none are left.
   *
   * @return the number of bytes, at least 1
   * @throws IOException if there is no further frame, or reading fails
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

  /**
   * Reads whole frames of the open run straight into an array, as many as fit, with one read.
   *
   * @return the number of bytes; 0 if bytes of an earlier frame are left, if the next frame doesn't
   *     fit or is that of a group, or if the pack was replaced meanwhile
   * @throws ChunkLostException if a frame is damaged
   */
  final int readFrames(byte[] bytes, int offset, int length) throws IOException {
    int last = next;
    int total = 0;
    while (position == end && last < run.size() && run.get(last).group() == null) {
      int frameBytes = run.get(last).packedLength();
      if (frameBytes > length - total) {
        break;
      }
      total += frameBytes;
      last++;
    }
    try {
      for (int read = 0; read < total; ) {
        read += readPack(bytes, offset + read, total - read);
      }
    } catch (BlobLostException lost) {
      openRun(findMoved(run.subList(next, run.size()), lost));
      return 0;
    }
    int at = offset;
    for (ChunkPlace place : run.subList(next, last)) {
      FrameCrc.require(place, bytes, at);
      at += place.packedLength();
      narOffset += place.length();
    }
    next = last;
    return total;
  }

  /** Returns whether all bytes of the open run were returned. */
  final boolean isRunPassed() {
    return position == end && next == run.size();
  }

  /** Returns where in the NAR the chunks begin to whose bytes the next byte belongs. */
  final long chunksFrom() {
    return position == end ? narOffset : madeFrom;
  }

  /** Returns how many bytes of those chunks were read. */
  final int readOfChunks() {
    return position == end ? 0 : position - madeAt;
  }

  private void makeNext() throws IOException {
    if (next == run.size()) {
      openRun(takeRun());
    }
    ChunkPlace place = readFrame();
    List<ChunkPlace> covered = run.subList(next - 1, run.size());
    covered = covered.subList(0, covered(covered));
    made = make(place);
    position = startOf(place);
    end = position + lengthOf(place);
    madeAt = position;
    madeFrom = narOffset;
    next += covered.size() - 1;
    narOffset += covered.stream().mapToLong(ChunkPlace::length).sum();
  }

  private ChunkPlace readFrame() throws IOException {
    while (true) {
      ChunkPlace place = run.get(next);
      if (next > 0 && place.isTogetherWith(run.get(next - 1))) {
        next++;
        return place;
      }
      frame = sized(frame, place.packedLength());
      try {
        for (int read = 0; read < place.packedLength(); ) {
          read += readPack(frame, read, place.packedLength() - read);
        }
        take(place, frame);
        next++;
        return place;
      } catch (BlobLostException lost) {
        openRun(findMoved(run.subList(next, run.size()), lost));
      }
    }
  }

  /**
   * Opens a run of frames.
   *
   * @throws ChunkLostException if its pack surely is missing or too short
   */
  private void openRun(List<ChunkPlace> wanted) throws IOException {
    List<ChunkPlace> places = wanted;
    closePack();
    while (pack == null) {
      ChunkPlace first = places.get(0);
      try {
        pack = blobs.open(first.pack(), first.offset(), ChunkPlace.packedLength(places));
      } catch (BlobLostException lost) {
        places = findMoved(places, lost);
      }
    }
    run = places;
    next = 0;
    announce();
  }

  /**
   * Looks up chunks again whose pack is gone: it may have been compacted since their rows were
   * read. Returns the first run of them at their new places, and announces the others.
   *
   * @throws ChunkLostException if the first chunk is still in that pack
   */
  private List<ChunkPlace> findMoved(List<ChunkPlace> places, BlobLostException lost)
      throws IOException {
    ChunkPlace first = places.get(0);
    List<List<ChunkPlace>> moved = walk.findAgain(places);
    if (moved.get(0).get(0).pack().equals(first.pack())) {
      throw ChunkLostException.at(first, lost);
    }
    for (int i = moved.size() - 1; i > 0; i--) {
      ahead.addFirst(moved.get(i));
    }
    return moved.get(0);
  }

  /**
   * Takes the next run.
   *
   * @throws ChunkLostException if there is none
   */
  private List<ChunkPlace> takeRun() throws IOException {
    List<ChunkPlace> announced = ahead.poll();
    if (announced != null) {
      return announced;
    }
    if (!walk.hasNext()) {
      throw ChunkLostException.ofRows(
          String.format(Locale.ROOT, "the chunks end %d bytes early", left));
    }
    return walk.passRun();
  }

  /** Announces runs whose rows are read, so that this takes no time. */
  private void announce() {
    while (ahead.size() < runsAhead && walk.isNextRead()) {
      List<ChunkPlace> places = walk.passRun();
      ahead.add(places);
      blobs.expect(places.get(0).pack(), places.get(0).offset(), ChunkPlace.packedLength(places));
    }
    runsAhead = Math.min(MOST_AHEAD, runsAhead + 1);
  }

  private int readPack(byte[] bytes, int offset, int length) throws IOException {
    InputStream open = pack;
    int count = open == null ? -1 : open.read(bytes, offset, length);
    if (count < 0) {
      throw new EOFException("a pack ended within a frame");
    }
    return count;
  }

  /** Returns the array, or a longer empty one if it is too short. */
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
      if (left == UNTIL_END && isAtEnd()) {
        return -1;
      }
      int count = readSome(bytes, offset, (int) Math.min(length, left));
      left -= left == UNTIL_END ? 0 : count;
      if (left == 0 && !isAtEnd()) {
        throw ChunkLostException.ofRows("the chunks are longer than they should be");
      }
      return count;
    } catch (NarDroppedException e) {
      failure = e.at(narOffset);
      throw failure;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  private boolean isAtEnd() throws IOException {
    return isRunPassed() && ahead.isEmpty() && !walk.hasNext();
  }

  /**
   * Returns the number of bytes left, although a read may wait for the blob store. So a caller that
   * flushes when nothing is available doesn't flush in the middle of a stored NAR.
   */
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
