package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Work;

/**
 * Checks whether the first bytes of a NAR file decode to the start of a NAR. That takes little
 * memory and never waits for a sender, so it has a small budget of its own: decoders of whole files
 * can't delay it. Thread-safe.
 */
public final class NarStarts {
  /** Enough for some twenty decoders with small windows, or one of bzip2. */
  private static final long BUDGET_BYTES = 12 << 20;

  private final DecoderShare decoders = new DecoderBudget(BUDGET_BYTES).share(Work.DOWNLOADS);

  /**
   * Returns true if the bytes decode to the start of a NAR. False means that there are too few
   * bytes, or that the file is corrupt or not a NAR.
   *
   * @param beginning the first bytes of the file, which must be available without waiting; closed
   *     by this method
   */
  public boolean prove(Compression compression, InputStream beginning) {
    AtomicBoolean begun = new AtomicBoolean();
    byte[] start = new byte[NarStartInputStream.LONGEST_BYTES];
    try (InputStream decoded = decoders.decode(compression, beginning, start.length);
        InputStream nar = new NarStartInputStream(decoded, () -> begun.set(true))) {
      int count = 0;
      while (!begun.get() && count >= 0) {
        count = nar.read(start, 0, start.length);
      }
    } catch (IOException notYet) {
      return begun.get();
    }
    return begun.get();
  }
}
