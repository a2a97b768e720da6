package narthex.serve;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import narthex.chunk.ChunkLostException;

/** Tells once what is lost of a chunked NAR, and fails all the same. For one thread. */
final class ReportingInputStream extends FilterInputStream {
  private final Consumer<ChunkLostException> damage;
  private boolean told;

  private ReportingInputStream(InputStream in, Consumer<ChunkLostException> damage) {
    super(in);
    this.damage = damage;
  }

  /** Opens a stream, telling what it fails of. */
  static InputStream open(DecoderSlots.Opener opener, Consumer<ChunkLostException> damage)
      throws IOException {
    try {
      return new ReportingInputStream(opener.open(), damage);
    } catch (ChunkLostException lost) {
      damage.accept(lost);
      throw lost;
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    try {
      return in.read(bytes, offset, length);
    } catch (ChunkLostException lost) {
      if (!told) {
        told = true;
        damage.accept(lost);
      }
      throw lost;
    }
  }

  /** Through {@link #read}, which tells. */
  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.min(Math.max(count, 0), 8 << 10)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }
}
