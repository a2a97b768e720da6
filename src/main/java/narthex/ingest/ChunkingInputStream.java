package narthex.ingest;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import narthex.chunk.ChunkedWriter;

/** Cuts into chunks what is read. */
final class ChunkingInputStream extends FilterInputStream {
  private static final int BUFFER_BYTES = 8 << 10;

  private final ChunkedWriter chunks;

  /** Hands on to this writer, which stays open. */
  ChunkingInputStream(InputStream in, ChunkedWriter chunks) {
    super(in);
    this.chunks = chunks;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    if (count > 0) {
      chunks.write(bytes, offset, count);
    }
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[BUFFER_BYTES];
    int read = read(skipped, 0, (int) Math.min(skipped.length, Math.max(count, 0)));
    return Math.max(read, 0);
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
