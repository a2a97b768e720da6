package narthex.chunk;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;

/**
 * The frames of chunks back to back, as they are. Each is compared with its CRC before any of it is
 * given: a damaged one breaks the reading, without anybody decoding it.
 */
final class FramesInputStream extends RunsInputStream {

  /**
   * Reads the first frame.
   *
   * @param skip bytes of the first frame that are left out
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    begin(skip);
  }

  /** As many frames of the open run as fit: they are short. */
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
