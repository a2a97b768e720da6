package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;
import narthex.chunk.ChunkLostException;
import narthex.stream.DecoderShare;
import narthex.stream.PassingInputStream;

/** Reports the first lost chunk of a NAR to a consumer, then fails with it. Not thread-safe. */
final class ReportingInputStream extends PassingInputStream {
  private final Consumer<ChunkLostException> damage;
  private boolean told;

  private ReportingInputStream(InputStream in, Consumer<ChunkLostException> damage) {
    super(in);
    this.damage = damage;
  }

  /** Opens a stream. Reports a lost chunk, also if opening fails because of it. */
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
