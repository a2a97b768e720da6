package narthex.stream;

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
}
