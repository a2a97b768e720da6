package narthex.chunk;

import java.io.IOException;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;

/**
 * The frames of chunks back to back, as they are. Each is compared with its CRC before any of it is
 * given: a damaged one breaks the reading, without anybody decoding it.
 */
final class FramesInputStream extends RunsInputStream {
  private List<ChunkPlace> run = List.of();
  private int next;
  private byte[] frame = new byte[0];
  private int position;
  private int end;

  /**
   * Reads the first frame, so that what surely is missing or damaged is known at once.
   *
   * @param skip bytes of the first frame that are left out
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    try {
      readFrame();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    position = skip;
  }

  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    int given = 0;
    while (given < length && (given == 0 || !isRunPassed())) {
      if (position == end) {
        readFrame();
      }
      int count = Math.min(length - given, end - position);
      System.arraycopy(frame, position, bytes, offset + given, count);
      position += count;
      given += count;
    }
    return given;
  }

  @Override
  boolean isRunPassed() {
    return position == end && next == run.size();
  }

  private void readFrame() throws IOException {
    if (next == run.size()) {
      run = openRun(0);
      next = 0;
    }
    ChunkPlace place = run.get(next++);
    if (frame.length < place.storedLength()) {
      frame = new byte[Math.max(place.storedLength(), 2 * frame.length)];
    }
    for (int read = 0; read < place.storedLength(); ) {
      read += readRun(frame, read, place.storedLength() - read);
    }
    if (FrameCrc.of(frame, place.storedLength()) != place.frameCrc()) {
      throw ChunkLostException.at(place, new IOException("its frame is damaged"));
    }
    position = 0;
    end = place.storedLength();
  }
}
