package narthex.upstream;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.function.CheckedSupplier;
import java.time.Duration;
import narthex.nix.OneLine;

/** Retries requests to one upstream for a limited time, and reports each to its health once. */
final class UpstreamTries {
  private static final int MAX_RETRIES = 6;
  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(2);
  private static final double JITTER = 0.2;

  private final FailsafeExecutor<Object> tries;
  private final UpstreamHealth health;

  UpstreamTries(UpstreamPolicy.Limits limits, UpstreamHealth health) {
    this.tries = Failsafe.with(retry(limits.retryWithin()));
    this.health = health;
  }

  private static RetryPolicy<Object> retry(Duration within) {
    RetryPolicyBuilder<Object> retry = RetryPolicy.builder().handleIf(UpstreamTries::mayPass);
    if (within.compareTo(FIRST_DELAY) <= 0) {
      return retry.withMaxRetries(0).build(); // no time for a retry
    }
    return retry
        .withMaxRetries(MAX_RETRIES)
        .withMaxDuration(within)
        .withBackoff(FIRST_DELAY, LONGEST_DELAY)
        .withJitter(JITTER)
        .build();
  }

  private static boolean mayPass(Throwable failure) {
    return failure instanceof TroubleException trouble
        && trouble.retry() == TroubleException.Retry.WORTHWHILE;
  }

  /**
   * Runs one request, with retries.
   *
   * @param path the requested path, which identifies the request for the health
   * @throws UpstreamUnavailableException if the upstream is suspended or every try failed
   */
  <T> T run(String path, CheckedSupplier<T> request) throws UpstreamUnavailableException {
    health.begin();
    boolean counted = false;
    long start = System.nanoTime();
    try {
      T answer = tries.get(request);
      counted = true;
      health.answered(Duration.ofNanos(System.nanoTime() - start));
      return answer;
    } catch (FailsafeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      if (cause instanceof TroubleException trouble) {
        counted = true;
        health.failed(path, trouble);
      }
      throw new UpstreamUnavailableException(OneLine.reason(cause), cause);
    } finally {
      if (!counted) {
        health.ended();
      }
    }
  }
}
