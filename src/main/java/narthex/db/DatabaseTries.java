package narthex.db;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.RetryPolicy;
import dev.failsafe.function.CheckedSupplier;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;

/**
 * Retries a database step that fails, for a few seconds, so that a client need not send its body
 * again. Only for steps that may run twice.
 */
public final class DatabaseTries {
  private static final RetryPolicy<Object> POLICY =
      RetryPolicy.builder()
          .handle(DatabaseException.class)
          .withBackoff(Duration.ofMillis(50), Duration.ofSeconds(1))
          .withMaxDuration(Duration.ofSeconds(6))
          .withMaxRetries(-1)
          .build();

  private DatabaseTries() {}

  /**
   * Does the step until it works.
   *
   * @throws IOException if it fails with anything but a {@link DatabaseException}, or time is up
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
