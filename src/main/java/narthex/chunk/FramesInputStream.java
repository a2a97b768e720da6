package narthex.chunk;

import java.io.IOException;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;

/**
 * The frames of chunks back to back, as they are. The last byte of a frame is only given if the
 * frame is what was stored: so a damaged one breaks the reading, without anybody decoding it.
 */
final class FramesInputStream extends RunsInputStream {
  private static final int SKIP_BYTES = 8 << 10;

  private final FrameCrc crc = new FrameCrc();
  private List<ChunkPlace> run = List.of();
  private int frame;
  private int leftInFrame;
  private long leftInRun;

  /**
   * Opens the first frames, so that what surely is missing is known at once.
   *
   * @param skip bytes of the first frame that are left out
   */
  FramesInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    try {
      openRun();
      byte[] skipped = new byte[Math.min(skip, SKIP_BYTES)];
      for (int toSkip = skip; toSkip > 0; ) {
        toSkip -= readSome(skipped, 0, Math.min(toSkip, skipped.length));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private void openRun() throws IOException {
    run = openRun(0);
    leftInRun = run.stream().mapToLong(ChunkPlace::storedLength).sum();
    frame = 0;
    leftInFrame = run.get(0).storedLength();
  }

  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    if (leftInRun == 0) {
      openRun();
    }
    int count = readRun(bytes, offset, (int) Math.min(length, leftInRun));
    leftInRun -= count;
    check(bytes, offset, count);
    return count;
  }

  private void check(byte[] bytes, int offset, int count) throws ChunkLostException {
    int at = offset;
    int end = offset + count;
    while (at < end) {
      int inFrame = Math.min(leftInFrame, end - at);
      crc.update(bytes, at, inFrame);
      at += inFrame;
      leftInFrame -= inFrame;
      if (leftInFrame == 0) {
        ChunkPlace place = run.get(frame);
        if (crc.end() != place.frameCrc()) {
          throw ChunkLostException.at(place, new IOException("its frame is damaged"));
        }
        frame++;
        leftInFrame = frame < run.size() ? run.get(frame).storedLength() : 0;
      }
    }
  }

  @Override
  boolean isRunPassed() {
    return leftInRun == 0;
  }
}
