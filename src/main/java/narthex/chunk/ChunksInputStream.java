package narthex.chunk;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;

/** The bytes of chunks, each decoded and checked before any of it is given. */
final class ChunksInputStream extends RunsInputStream {
  private final FrameDecoder decoder = new FrameDecoder();
  private Iterator<ChunkPlace> run = List.<ChunkPlace>of().iterator();
  private byte[] frame = new byte[0];
  private byte[] chunk = new byte[0];
  private int position;
  private int end;

  /**
   * Decodes the first chunk, so that what surely is missing or damaged is known at once.
   *
   * @param skip bytes of the first chunk that are left out
   */
  ChunksInputStream(BlobStore blobs, ChunkWalk walk, int skip, long left) throws IOException {
    super(blobs, walk, left);
    try {
      decodeNext();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    position = skip;
  }

  @Override
  int readSome(byte[] bytes, int offset, int length) throws IOException {
    if (position == end) {
      decodeNext();
    }
    int count = Math.min(length, end - position);
    System.arraycopy(chunk, position, bytes, offset, count);
    position += count;
    return count;
  }

  @Override
  boolean isRunPassed() {
    return position == end && !run.hasNext();
  }

  private void decodeNext() throws IOException {
    if (!run.hasNext()) {
      run = openRun(0).iterator();
    }
    ChunkPlace place = run.next();
    frame = sized(frame, place.storedLength());
    chunk = sized(chunk, place.length());
    for (int read = 0; read < place.storedLength(); ) {
      read += readRun(frame, read, place.storedLength() - read);
    }
    try {
      decoder.decode(frame, place.storedLength(), chunk, place.length());
    } catch (CorruptEncodingException damaged) {
      throw ChunkLostException.at(place, damaged);
    }
    position = 0;
    end = place.length();
  }

  /** The array, or a longer one if it is too short; chunks have a longest length. */
  private static byte[] sized(byte[] array, int length) {
    return array.length >= length ? array : new byte[Math.max(length, array.length * 2)];
  }

  @Override
  public void close() throws IOException {
    try (decoder) {
      super.close();
    }
  }
}
