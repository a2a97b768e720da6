package narthex.chunk;

import java.io.IOException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;

/** The frames of chunks back to back, as they are. */
final class FramesInputStream extends RunsInputStream {
  private long leftInRun;

  /**
   * Opens the first frames, so that what surely is missing is known at once.
   *
   * @param skip bytes of the first frame that are left out
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    open(skip);
  }

  private void open(int skip) throws IOException {
    leftInRun = openRun(skip).stream().mapToLong(ChunkPlace::storedLength).sum() - skip;
  }

  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    if (leftInRun == 0) {
      open(0);
    }
    int count = readRun(bytes, offset, (int) Math.min(length, leftInRun));
    leftInRun -= count;
    return count;
  }

  @Override
  boolean isRunPassed() {
    return leftInRun == 0;
  }
}
