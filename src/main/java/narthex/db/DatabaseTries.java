package narthex.db;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.event.ExecutionScheduledEvent;
import dev.failsafe.function.CheckedSupplier;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Retries a failed database operation for some seconds, so that the client of an upload needn't
 * send its body again. Only for operations that may run twice.
 */
public final class DatabaseTries {
  private static final Logger LOG = System.getLogger(DatabaseTries.class.getName());

  private static final RetryPolicy<Object> POLICY =
      RetryPolicy.builder()
          .handle(DatabaseException.class)
          .withBackoff(Duration.ofMillis(50), Duration.ofSeconds(1))
          .withMaxDuration(Duration.ofSeconds(6))
          .withMaxRetries(-1)
          .onRetryScheduled(DatabaseTries::logFirst)
          .build();

  private DatabaseTries() {}

  private static void logFirst(ExecutionScheduledEvent<Object> failed) {
    if (failed.getAttemptCount() == 1) {
      LOG.log(
          Level.WARNING,
          "database failed, trying again reason={0}",
          reason(failed.getLastException()));
    }
  }

  private static String reason(@Nullable Throwable failure) {
    return failure == null ? "unknown" : String.valueOf(failure.getMessage());
  }

  /**
   * Runs the operation until it succeeds.
   *
   * @throws IOException if it fails with another exception than {@link DatabaseException}, or still
   *     fails after six seconds
   */
  public static <T> T keepTrying(CheckedSupplier<T> step) throws IOException {
    try {
      return Failsafe.with(POLICY).get(step);
    } catch (FailsafeException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        throw (IOException) new InterruptedIOException("interrupted").initCause(e);
      }
      throw new IOException("database error", e);
    }
  }
}
