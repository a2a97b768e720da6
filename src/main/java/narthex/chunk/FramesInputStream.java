package narthex.chunk;

import java.io.IOException;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * The concatenated frames of a chunked NAR. A frame is sent as it is stored; only those of chunks
 * that were compressed again as a group are made again. The CRC of a stored frame is verified
 * before any byte is returned. Not thread-safe.
 */
final class FramesInputStream extends RunsInputStream {
  /** What to give for a group of chunks. */
  enum Groups {
    /** The own frame of each chunk, made again. */
    MADE_AGAIN,
    /** The stored frame of the group if the NAR has all its chunks in this order. */
    AS_STORED
  }

  private final Groups kind;
  private byte[] taken = new byte[0];
  private boolean isDecoded;
  private boolean isWhole;
  private @Nullable GroupFrames groups;
  private @Nullable NarDroppedException dropped;

  /**
   * Reads the first frame. Closes itself if that fails.
   *
   * @param skip number of bytes of the first frame to skip
   * @param left number of bytes to return
   * @throws ChunkLostException if the first frame surely is missing or damaged
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    this.kind = Groups.MADE_AGAIN;
    begin(skip);
  }

  /**
   * Reads all frames of a NAR, whatever their length is. Reads the first one. Closes itself if that
   * fails.
   *
   * @throws ChunkLostException if the first frame surely is missing or damaged
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk) throws IOException {
    super(blobs, walk, UNTIL_END);
    this.kind = Groups.AS_STORED;
    begin(0);
  }

  /** Returns as many frames of the open run as fit, because frames are short. */
  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    int given = 0;
    while (dropped == null && given < length && (given == 0 || !isRunPassed())) {
      try {
        int whole = readFrames(bytes, offset + given, length - given);
        given += whole > 0 ? whole : super.readSome(bytes, offset + given, length - given);
      } catch (NarDroppedException e) {
        dropped = e; // for the next read, if this one has bytes to give
      }
    }
    if (given == 0 && dropped != null) {
      throw dropped;
    }
    return given;
  }

  @Override
  void take(ChunkPlace place, byte[] frame) throws IOException {
    FrameCrc.require(place, frame, 0);
    taken = frame;
    isDecoded = false;
  }

  @Override
  int covered(List<ChunkPlace> chunks) {
    int count = kind == Groups.AS_STORED ? wholeGroup(chunks) : 0;
    isWhole = count > 0;
    return Math.max(count, 1);
  }

  /** Returns how many chunks the group has if these begin with all of them in order, else 0. */
  static int wholeGroup(List<ChunkPlace> chunks) {
    ChunkGroup group = chunks.get(0).group();
    int at = 0;
    for (int i = 0; group != null && i < chunks.size(); i++) {
      ChunkPlace place = chunks.get(i);
      if (place.at() != at || (i > 0 && !place.isTogetherWith(chunks.get(0)))) {
        return 0;
      }
      at += place.length();
      if (at == group.length()) {
        return i + 1;
      }
    }
    return 0;
  }

  @Override
  byte[] make(ChunkPlace place) throws IOException {
    if (place.group() == null || isWhole) {
      return taken;
    }
    if (!isDecoded) {
      groups().take(place, taken);
      isDecoded = true;
    }
    return groups().frameOf(place);
  }

  @Override
  int startOf(ChunkPlace place) {
    return 0;
  }

  private GroupFrames groups() {
    GroupFrames known = groups;
    if (known == null) {
      known = new GroupFrames();
      groups = known;
    }
    return known;
  }

  @Override
  int lengthOf(ChunkPlace place) {
    return isWhole ? place.packedLength() : place.storedLength();
  }

  @Override
  public void close() throws IOException {
    GroupFrames open = groups;
    groups = null;
    try (open) {
      super.close();
    }
  }
}
