package narthex.stream;

import java.io.IOException;
import narthex.stream.DecoderBudget.Grant;
import narthex.stream.DecoderBudget.Patience;
import narthex.stream.DecoderBudget.Work;
import org.jspecify.annotations.Nullable;

/**
 * The memory of one decoder: taken once the stream's header tells how much, released at the end. It
 * remembers why it could not take memory, since decoders may replace the exception by their own.
 * For one thread at a time.
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
   * @param besideBytes memory that is needed in addition to the decoder's
   */
  DecoderLease(DecoderBudget budget, Work work, long besideBytes, Patience patience) {
    this.budget = budget;
    this.work = work;
    this.besideBytes = besideBytes;
    this.patience = patience;
  }

  /**
   * Makes sure that the lease holds at least so much for the decoder; waits if there is too little.
   * Before it takes more it releases what it holds, so that two growing decoders can't wait for
   * each other.
   *
   * @throws DecoderMemoryException if it can't get the memory
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

  /** Records that the JVM ran out of memory, and returns the exception to throw. */
  IOException exhausted(long bytes) {
    IOException busy = new DecodersBusyException(bytes);
    failure = busy;
    return busy;
  }

  /** Why the last request for memory failed; null if none failed. */
  @Nullable IOException failure() {
    return failure;
  }

  /** Releases all memory; further calls do nothing. */
  void release() {
    Grant given = grant;
    grant = null;
    heldBytes = 0;
    if (given != null) {
      budget.release(given);
    }
  }
}
