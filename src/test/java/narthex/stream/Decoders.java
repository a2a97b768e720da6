package narthex.stream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Work;

/** Decoders for tests, each with a budget of its own. */
public final class Decoders {
  private static final long BUDGET_BYTES = 640L << 20;

  private Decoders() {}

  /** Decompresses a stream. */
  public static InputStream decode(Compression compression, InputStream source) {
    return new DecoderBudget(BUDGET_BYTES)
        .share(Work.READING)
        .decode(compression, source, Long.MAX_VALUE);
  }

  /** Returns how many bytes can be decoded of a body that broke off. */
  public static int decodable(Compression compression, byte[] body) {
    int count = 0;
    try (InputStream in = decode(compression, new ByteArrayInputStream(body))) {
      while (in.read() >= 0) {
        count++;
      }
    } catch (IOException broken) {
      return count;
    }
    return count;
  }
}
