package narthex.stream;

import java.io.IOException;
import narthex.stream.DecoderBudget.Grant;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one decoder: taken when the stream says how much it needs, given back in the end.
 * Remembers its own failure, whatever the decoder makes of it. For one thread at a time.
 */
final class DecoderLease {
  private final DecoderBudget budget;
  private final Work work;
  private final long besideBytes;
  private final Patience patience;
  private @Nullable Grant grant;
  private long heldBytes;
  private @Nullable IOException failure;

  /**
   * @param besideBytes what is needed beside the decoder
   */
  DecoderLease(DecoderBudget budget, Work work, long besideBytes, Patience patience) {
    this.budget = budget;
    this.work = work;
    this.besideBytes = besideBytes;
    this.patience = patience;
  }

  /**
   * Holds at least so much for the decoder; waits for it if need be. What was held for an earlier
   * part of the stream is given back first, so that two who need more don't wait for each other.
   *
   * @throws DecoderMemoryException if it can't be had
   */
  void require(long decoderBytes) throws IOException {
    long wanted = besideBytes + decoderBytes;
    if (grant != null && wanted <= heldBytes) {
      return;
    }
    release();
    try {
      grant = budget.take(work, wanted, patience);
      heldBytes = wanted;
    } catch (IOException e) {
      failure = e;
      throw e;
    }
  }

  /** The virtual machine itself has no memory for what was promised. */
  IOException exhausted(long bytes) {
    IOException busy = new DecodersBusyException(bytes);
    failure = busy;
    return busy;
  }

  /** Why there was no memory; null if there was. */
  @Nullable IOException failure() {
    return failure;
  }

  /** Gives everything back; a second call does nothing. */
  void release() {
    Grant given = grant;
    grant = null;
    heldBytes = 0;
    if (given != null) {
      budget.release(given);
    }
  }
}
