package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import narthex.stream.PassingInputStream;

/** Cuts into chunks what is read. */
public final class ChunkingInputStream extends PassingInputStream {
  private final ChunkedWriter chunks;

  /** Hands on to this writer, which stays open. */
  public ChunkingInputStream(InputStream in, ChunkedWriter chunks) {
    super(in);
    this.chunks = chunks;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = in.read(bytes, offset, length);
    if (count > 0) {
      chunks.write(bytes, offset, count);
    }
    return count;
  }
}
