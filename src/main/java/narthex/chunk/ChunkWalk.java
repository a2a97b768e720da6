package narthex.chunk;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import narthex.db.ChunkPlace;
import narthex.db.ChunkTable;
import narthex.db.ManifestPart;
import narthex.db.NoSuchChunkException;
import narthex.nix.NarId;

/**
 * Iterates over the chunks of a stored NAR in order and reads their rows on demand: few at first,
 * so that the first byte is sent early, then more at once, up to a limit. Not thread-safe.
 */
final class ChunkWalk {
  /**
   * Estimated memory of a row in bytes: a hash and some numbers; rows share the key of their pack.
   */
  private static final int PLACE_BYTES = 160;

  /**
   * Rows in the first query; each further query reads four times as many, up to {@link #MOST_ROWS}.
   */
  private static final int FIRST_ROWS = 16;

  private static final int MOST_ROWS = 512;

  /** Maximum length of one ranged read in bytes; a single frame may be longer. */
  static final int RUN_BYTES = 4 << 20;

  private final ChunkTable chunks;
  private final NarId nar;
  private ManifestPart part;
  private int nextNumber;
  private int rowsAtOnce = FIRST_ROWS;
  private List<ChunkPlace> places = List.of();
  private int next;
  private long lengthInPart;

  /**
   * A chunk of a NAR, in little memory.
   *
   * @param partFrom offset of its part in the NAR
   * @param index how many chunks of the part are before it
   * @param number its number
   * @param lengthInPart the bytes of the part before it
   */
  record Position(long partFrom, int index, long number, long lengthInPart) {
    /** Returns its offset in the NAR. */
    long narOffset() {
      return partFrom + lengthInPart;
    }
  }

  /** Begins at the first chunk of a part. */
  private ChunkWalk(ChunkTable chunks, NarId nar, ManifestPart part) {
    this.chunks = chunks;
    this.nar = nar;
    this.part = part;
  }

  /**
   * Copies a walk with its position.
   *
   * @param other stays unchanged; no other thread may move it during the copy
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
   * Begins at the first chunk of the part that contains this byte of the NAR.
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
   * Begins at the first chunk of the part that contains this byte of the concatenated frames.
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

  /** Begins at a chunk of an earlier walk; empty if another chunk, or none, is there now. */
  static Optional<ChunkWalk> at(ChunkTable chunks, NarId nar, Position position)
      throws IOException {
    int index = position.index();
    return chunks
        .findPart(nar.hash(), position.partFrom())
        .filter(part -> part.narOffset() == position.partFrom())
        .filter(part -> index < part.numbers().length && part.numbers()[index] == position.number())
        .map(
            part -> {
              ChunkWalk walk = new ChunkWalk(chunks, nar, part);
              walk.nextNumber = index;
              walk.lengthInPart = position.lengthInPart();
              return walk;
            });
  }

  /** Returns the position of the next chunk. Call it only after {@link #hasNext} returned true. */
  Position position() {
    int index = nextNumber - places.size() + next;
    return new Position(part.narOffset(), index, peek().number(), lengthInPart);
  }

  /**
   * Moves to a chunk of the present part whose row is read already.
   *
   * @return false if it isn't, or another chunk is there; then this walk is anywhere
   */
  boolean passTo(Position position) {
    while (isNextRead() && lengthInPart < position.lengthInPart()) {
      pass();
    }
    return isNextRead() && position().equals(position);
  }

  /**
   * Checks that the present part is still stored, as a part after it surely is missing or damaged.
   * Doesn't move this walk.
   *
   * @param missing what is missing
   * @throws NarDroppedException if the NAR was dropped
   */
  void requireStored(ChunkLostException missing) throws IOException {
    requirePart(String.valueOf(missing.getMessage()));
  }

  private static ChunkLostException noPart(NarId nar, String what, long offset) {
    return ChunkLostException.ofRows(
        String.format(
            Locale.ROOT, "no manifest of nar %s has %s %d", nar.hash().nix32(), what, offset));
  }

  /**
   * Checks that the frames of the present part are as long as the part records. They aren't if a
   * damaged chunk was written again by another version of the compressor. Then offsets in the
   * concatenated frames are meaningless. Doesn't move this walk.
   *
   * @throws ChunkLostException if the length differs or rows are missing
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

  /** Returns the estimated memory of its rows, in bytes. */
  int memoryBytes() {
    return part.numbers().length * Long.BYTES + places.size() * PLACE_BYTES;
  }

  /** Reads as many rows at once from now on as a walk that has come here from the first part. */
  void readMany() {
    rowsAtOnce = MOST_ROWS;
  }

  /** Returns the present part. */
  ManifestPart part() {
    return part;
  }

  /**
   * Checks whether there is another chunk, and reads its row if necessary.
   *
   * @return false after the last chunk of the NAR
   * @throws NarDroppedException if the NAR was dropped meanwhile
   * @throws ChunkLostException if rows are missing or inconsistent
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
        part = findNext();
        nextNumber = 0;
        lengthInPart = 0;
      }
    }
    return true;
  }

  private ManifestPart findNext() throws IOException {
    long offset = part.narOffset() + part.length();
    Optional<ManifestPart> found = chunks.findPart(nar.hash(), offset);
    if (found.isEmpty()) {
      requirePart("no byte " + offset);
      throw noPart(nar, "byte", offset);
    }
    if (found.get().narOffset() != offset) { // cut again with other sizes
      throw new NarDroppedException("another part has byte " + offset, narOffset());
    }
    return found.get();
  }

  /** Returns the offset of the next chunk in the NAR. */
  long narOffset() {
    return part.narOffset() + lengthInPart;
  }

  /**
   * Checks that the present part is still what the database has.
   *
   * @throws NarDroppedException if it isn't
   */
  private void requirePart(String missing) throws IOException {
    Optional<ManifestPart> now = chunks.findPart(nar.hash(), part.narOffset());
    if (now.isEmpty() || !Arrays.equals(now.get().numbers(), part.numbers())) {
      throw new NarDroppedException(missing, narOffset());
    }
  }

  /** Returns whether there is another chunk whose row is read already. */
  boolean isNextRead() {
    return next < places.size();
  }

  /**
   * Returns the next chunk without passing it. Call it only after {@link #hasNext} returned true.
   */
  ChunkPlace peek() {
    return places.get(next);
  }

  /** Passes the next chunk. Call it only after {@link #hasNext} returned true. */
  void pass() {
    lengthInPart += places.get(next).length();
    next++;
  }

  /**
   * Passes the next chunk and those whose frames directly follow it in the same pack, as far as
   * rows have been read, up to {@link #RUN_BYTES}. Call it only after {@link #hasNext} returned
   * true.
   */
  List<ChunkPlace> passRun() {
    int from = next;
    long bytes = 0;
    do {
      bytes += addedBytes(from);
      pass();
    } while (next < places.size()
        && peek().follows(places.get(next - 1))
        && bytes + addedBytes(from) <= RUN_BYTES);
    return places.subList(from, next);
  }

  /**
   * Returns the length of the next chunk's stored frame, or 0 if the run has that frame already.
   */
  private int addedBytes(int from) {
    return next > from && peek().isTogetherWith(places.get(next - 1)) ? 0 : peek().packedLength();
  }

  /**
   * Reads the rows of chunks again. Returns them as runs of frames that directly follow each other.
   * Doesn't move this walk.
   *
   * @throws ChunkLostException if a row is missing
   */
  List<List<ChunkPlace>> findAgain(List<ChunkPlace> stale) throws IOException {
    List<ChunkPlace> fresh = find(stale.stream().mapToLong(ChunkPlace::number).toArray());
    List<List<ChunkPlace>> runs = new ArrayList<>();
    int from = 0;
    for (int to = 1; to <= fresh.size(); to++) {
      if (to == fresh.size() || !fresh.get(to).follows(fresh.get(to - 1))) {
        runs.add(fresh.subList(from, to));
        from = to;
      }
    }
    return runs;
  }

  private void readPlaces() throws IOException {
    int end = Math.min(part.numbers().length, nextNumber + rowsAtOnce);
    long[] numbers = Arrays.copyOfRange(part.numbers(), nextNumber, end);
    places = end == part.numbers().length ? find(numbers) : withoutLastGroup(find(numbers));
    next = 0;
    nextNumber += places.size();
    rowsAtOnce = Math.min(MOST_ROWS, rowsAtOnce * 4);
  }

  /** Leaves a group that may be incomplete to the next query, unless there is nothing else. */
  private static List<ChunkPlace> withoutLastGroup(List<ChunkPlace> found) {
    ChunkPlace last = found.get(found.size() - 1);
    int count = found.size();
    while (count > 0 && found.get(count - 1).isTogetherWith(last)) {
      count--;
    }
    return count == 0 ? found : found.subList(0, count);
  }

  private List<ChunkPlace> find(long[] numbers) throws IOException {
    try {
      return chunks.places(numbers);
    } catch (NoSuchChunkException missing) {
      requirePart(String.valueOf(missing.getMessage()));
      throw ChunkLostException.ofRows(
          "%s, but is part of nar %s".formatted(missing.getMessage(), nar.hash().nix32()));
    }
  }
}
