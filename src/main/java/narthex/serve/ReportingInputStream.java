package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import narthex.chunk.ChunkLostException;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/** Tells once what is lost of a chunked NAR, and fails all the same. For one thread. */
final class ReportingInputStream extends PassingInputStream {
  private final Consumer<ChunkLostException> damage;
  private boolean told;

  private ReportingInputStream(InputStream in, Consumer<ChunkLostException> damage) {
    super(in);
    this.damage = damage;
  }

  /** Opens a stream, telling what it fails of. */
  static InputStream open(DecoderShare.Opener opener, Consumer<ChunkLostException> damage)
      throws IOException {
    try {
      return new ReportingInputStream(opener.open(), damage);
    } catch (ChunkLostException lost) {
      damage.accept(lost);
      throw lost;
    }
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
}
