package narthex.chunk;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * The concatenated frames of a chunked NAR. A frame is sent as it is stored; only those of chunks
 * that were compressed again as a group are made again. The CRC of a stored frame is verified
 * before any byte is returned. Not thread-safe.
 */
final class FramesInputStream extends RunsInputStream {
  private byte[] taken = new byte[0];
  private @Nullable GroupFrames groups;

  /**
   * Reads the first frame. Closes itself if that fails.
   *
   * @param skip number of bytes of the first frame to skip
   * @param left number of bytes to return
   * @throws ChunkLostException if the first frame surely is missing or damaged
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    begin(skip);
  }

  /** Returns as many frames of the open run as fit, because frames are short. */
  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    int given = 0;
    while (given < length && (given == 0 || !isRunPassed())) {
      given += super.readSome(bytes, offset + given, length - given);
    }
    return given;
  }

  @Override
  void take(ChunkPlace place, byte[] frame) throws IOException {
    if (FrameCrc.of(frame, place.packedLength()) != place.packedCrc()) {
      throw ChunkLostException.at(place, new IOException("its frame is damaged"));
    }
    taken = frame;
    if (place.group() != null) {
      groups().take(place, frame);
    }
  }

  @Override
  byte[] make(ChunkPlace place) throws IOException {
    return place.group() == null ? taken : groups().frameOf(place);
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
    return place.storedLength();
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
