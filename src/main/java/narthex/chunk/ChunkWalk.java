package narthex.chunk;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import narthex.db.ChunkPlace;
import narthex.db.ChunkTable;
import narthex.db.ManifestPart;
import narthex.db.NoSuchChunkException;
import narthex.nix.NarId;

/**
 * Goes through the chunks of a stored NAR in their order, reading rows as it comes to them: few at
 * first, so that the first byte comes early, then more at once, but never more than a bound. For
 * one thread.
 */
final class ChunkWalk {
  /** What a row takes in memory, in bytes: a key that rows share, a hash and some numbers. */
  private static final int PLACE_BYTES = 160;

  /** Rows read at first; each time after that four times as many, up to the bound. */
  private static final int FIRST_ROWS = 16;

  private static final int MOST_ROWS = 512;

  /** How far one ranged read goes; a single longer frame is read all the same. */
  static final int RUN_BYTES = 4 << 20;

  private final ChunkTable chunks;
  private final NarId nar;
  private ManifestPart part;
  private int nextNumber;
  private int rowsAtOnce = FIRST_ROWS;
  private List<ChunkPlace> places = List.of();
  private int next;
  private long lengthInPart;

  /** Begins at the first chunk of a part. */
  private ChunkWalk(ChunkTable chunks, NarId nar, ManifestPart part) {
    this.chunks = chunks;
    this.nar = nar;
    this.part = part;
  }

  /**
   * Goes on as another walk would, which stays as it is.
   *
   * @param other it must have been moved by nobody meanwhile
   */
  ChunkWalk(ChunkWalk other) {
    this.chunks = other.chunks;
    this.nar = other.nar;
    this.part = other.part;
    this.nextNumber = other.nextNumber;
    this.rowsAtOnce = other.rowsAtOnce;
    this.places = other.places;
    this.next = other.next;
    this.lengthInPart = other.lengthInPart;
  }

  /**
   * Begins at the first chunk of the part that holds this byte of the NAR.
   *
   * @throws ChunkLostException if there is no such part
   */
  static ChunkWalk ofNar(ChunkTable chunks, NarId nar, long offset) throws IOException {
    ManifestPart part =
        chunks.findPart(nar.hash(), offset).orElseThrow(() -> noPart(nar, "byte", offset));
    if (offset < part.narOffset() || offset - part.narOffset() >= part.length()) {
      throw noPart(nar, "byte", offset);
    }
    return new ChunkWalk(chunks, nar, part);
  }

  /**
   * Begins at the first chunk of the part that holds this byte of the frames.
   *
   * @throws ChunkLostException if there is no such part
   */
  static ChunkWalk ofFrames(ChunkTable chunks, NarId nar, long offset) throws IOException {
    ManifestPart part =
        chunks
            .findPartOfFrames(nar.hash(), offset)
            .orElseThrow(() -> noPart(nar, "frame byte", offset));
    if (offset < part.framesOffset() || offset - part.framesOffset() >= part.framesLength()) {
      throw noPart(nar, "frame byte", offset);
    }
    return new ChunkWalk(chunks, nar, part);
  }

  private static ChunkLostException noPart(NarId nar, String what, long offset) {
    return ChunkLostException.ofRows(
        String.format(
            Locale.ROOT, "no manifest of nar %s has %s %d", nar.hash().nix32(), what, offset));
  }

  /**
   * Checks that the frames of this part are as long as the part says. They are not where a chunk
   * that was damaged was written anew by another compressor: then offsets among frames mean
   * nothing. Only at the beginning of a part.
   *
   * @throws ChunkLostException if they are not
   */
  void requireFrameLengths() throws IOException {
    ChunkWalk ahead = new ChunkWalk(chunks, nar, part);
    long length = 0;
    while (ahead.next < ahead.places.size() || ahead.nextNumber < part.numbers().length) {
      ahead.hasNext();
      length += ahead.peek().storedLength();
      ahead.pass();
    }
    if (length != part.framesLength()) {
      throw ChunkLostException.ofRows(
          String.format(
              Locale.ROOT,
              "frames of part %d of nar %s have %d bytes, not %d",
              part.part(),
              nar.hash().nix32(),
              length,
              part.framesLength()));
    }
  }

  /** The memory that its rows take, in bytes; a guess is enough for a bound. */
  int memoryBytes() {
    return part.numbers().length * Long.BYTES + places.size() * PLACE_BYTES;
  }

  /** The part that the walk is in. */
  ManifestPart part() {
    return part;
  }

  /**
   * The next chunk, which stays the next one.
   *
   * @return false if there is none: then all bytes of the NAR were passed
   * @throws ChunkLostException if rows are missing or do not fit together
   */
  boolean hasNext() throws IOException {
    while (next == places.size()) {
      if (nextNumber < part.numbers().length) {
        readPlaces();
      } else if (lengthInPart != part.length()) {
        throw ChunkLostException.ofRows(
            String.format(
                Locale.ROOT,
                "chunks of part %d of nar %s have %d bytes, not %d",
                part.part(),
                nar.hash().nix32(),
                lengthInPart,
                part.length()));
      } else if (part.narOffset() + part.length() == nar.sizeBytes()) {
        return false;
      } else {
        part = ofNar(chunks, nar, part.narOffset() + part.length()).part;
        nextNumber = 0;
        lengthInPart = 0;
      }
    }
    return true;
  }

  /** The next chunk, which stays the next one; only while {@link #hasNext}. */
  ChunkPlace peek() {
    return places.get(next);
  }

  /** Passes the next chunk. */
  void pass() {
    lengthInPart += places.get(next).length();
    next++;
  }

  /**
   * Passes the next chunk and those that lie directly behind it in its pack, as far as rows are
   * read and one ranged read goes.
   */
  List<ChunkPlace> passRun() {
    int from = next;
    long bytes = 0;
    do {
      bytes += peek().storedLength();
      pass();
    } while (next < places.size() && follows(next) && bytes + peek().storedLength() <= RUN_BYTES);
    return places.subList(from, next);
  }

  private boolean follows(int index) {
    ChunkPlace before = places.get(index - 1);
    ChunkPlace place = places.get(index);
    return place.pack().equals(before.pack())
        && place.offset() == before.offset() + before.storedLength();
  }

  private void readPlaces() throws IOException {
    int end = Math.min(part.numbers().length, nextNumber + rowsAtOnce);
    long[] numbers = Arrays.copyOfRange(part.numbers(), nextNumber, end);
    try {
      places = chunks.places(numbers);
    } catch (NoSuchChunkException missing) {
      throw ChunkLostException.ofRows(
          "%s, but is part of nar %s".formatted(missing.getMessage(), nar.hash().nix32()));
    }
    next = 0;
    nextNumber = end;
    rowsAtOnce = Math.min(MOST_ROWS, rowsAtOnce * 4);
  }
}
