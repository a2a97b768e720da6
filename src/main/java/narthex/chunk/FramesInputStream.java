package narthex.chunk;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;

/**
 * The concatenated frames of a chunked NAR, as stored. The CRC of a frame is verified before any
 * byte of it is returned; nothing is decoded. Not thread-safe.
 */
final class FramesInputStream extends RunsInputStream {

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
  byte[] make(ChunkPlace place, byte[] frame) throws IOException {
    if (FrameCrc.of(frame, place.storedLength()) != place.frameCrc()) {
      throw ChunkLostException.at(place, new IOException("its frame is damaged"));
    }
    return frame;
  }

  @Override
  int lengthOf(ChunkPlace place) {
    return place.storedLength();
  }
}
