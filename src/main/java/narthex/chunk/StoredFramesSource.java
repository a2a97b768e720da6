package narthex.chunk;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/**
 * The frames of a NAR as they are stored, for one reader.
 *
 * <h2>Problem</h2>
 *
 * A stream that was closed is opened again where it was left. But the stored frames may be others
 * by then, so an offset in the bytes that were read means nothing, and the rest of another frame
 * must never follow the beginning of one.
 *
 * <h2>How</h2>
 *
 * It remembers which frame is being read, by its offset in the NAR, how many of its bytes were
 * read, and their CRC. The same frame is opened again, and its beginning must have that CRC.
 * Between two frames, any frames may follow. The bytes of a small NAR, which come from memory,
 * count as one frame.
 *
 * <p>For one thread, but another one may close a stream.
 */
final class StoredFramesSource implements DecoderShare.Source {
  private final ChunkedManifest manifest;
  private final ChunkedManifest.Seek seek = new ChunkedManifest.Seek();
  private final CRC32 begun = new CRC32();
  private long frameFrom;
  private long readOfFrame;

  StoredFramesSource(ChunkedManifest manifest) {
    this.manifest = manifest;
  }

  /**
   * Opens the frames.
   *
   * @param offset where the last stream was left
   * @throws NarDroppedException if the NAR was dropped, and only whole frames were read
   * @throws IOException also if a frame was begun that isn't stored any more
   */
  @Override
  public InputStream open(long offset) throws IOException {
    InputStream in = openFrame();
    try {
      skipRead(in);
      return new Noting(in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private InputStream openFrame() throws IOException {
    try {
      return frameFrom == 0
          ? manifest.openStoredFrames()
          : manifest.openStoredFramesFrom(frameFrom, seek);
    } catch (NarDroppedException dropped) {
      if (readOfFrame > 0) { // a reader that goes on elsewhere would begin another frame
        throw new IOException("the nar was dropped in the middle of a frame", dropped);
      }
      throw dropped.at(frameFrom);
    }
  }

  private void skipRead(InputStream in) throws IOException {
    CRC32 again = new CRC32();
    try {
      new CheckedInputStream(in, again).skipNBytes(readOfFrame);
    } catch (EOFException shorter) {
      throw changed();
    }
    boolean isElsewhere =
        in instanceof FramesInputStream frames
            && (frames.chunksFrom() != frameFrom || frames.readOfChunks() != readOfFrame);
    if (isElsewhere || again.getValue() != begun.getValue()) {
      throw changed();
    }
  }

  private static IOException changed() {
    return new IOException("the nar was compressed again in the middle of a frame");
  }

  /** Notes what is read. */
  private final class Noting extends PassingInputStream {
    Noting(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int count = in.read(bytes, offset, length);
      if (count > 0) {
        note(bytes, offset, count);
      }
      return count;
    }

    private void note(byte[] bytes, int offset, int count) {
      int ofFrame = count;
      if (in instanceof FramesInputStream frames) {
        frameFrom = frames.chunksFrom();
        readOfFrame = frames.readOfChunks();
        ofFrame = (int) Math.min(count, readOfFrame);
        if (readOfFrame <= count) { // it began in these bytes
          begun.reset();
        }
      } else {
        readOfFrame += count;
      }
      begun.update(bytes, offset + count - ofFrame, ofFrame);
    }
  }
}
