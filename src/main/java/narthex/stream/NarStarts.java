package narthex.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget.Work;

/**
 * Finds out whether the first bytes of a file prove that a NAR is in it. To know, a decoder needs
 * next to none of its window, and it never waits for a sender: so it has a small budget of its own,
 * and no decoder of whole files can delay it. Thread-safe.
 */
public final class NarStarts {
  /** Some twenty decoders with small windows at once, or one that decodes a block of bzip2. */
  private static final long BUDGET_BYTES = 12 << 20;

  private final DecoderShare decoders = new DecoderBudget(BUDGET_BYTES).share(Work.DOWNLOADS);

  /**
   * Returns whether these bytes prove it. If not, more bytes may, or the file is no NAR: the check
   * of the whole file tells.
   *
   * @param beginning the first bytes of the file, which are there already; closed here
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
