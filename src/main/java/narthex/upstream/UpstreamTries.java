package narthex.upstream;

import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import dev.failsafe.function.CheckedSupplier;
import java.time.Duration;
import java.util.Optional;
import narthex.nix.OneLine;
import narthex.upstream.UpstreamObserver.Result;

/** Retries requests to one upstream for a limited time, and reports each to its health once. */
final class UpstreamTries {
  private static final int MAX_RETRIES = 6;
  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(2);
  private static final double JITTER = 0.2;

  private final FailsafeExecutor<Object> tries;
  private final UpstreamHealth health;
  private volatile UpstreamObserver observer = UpstreamObserver.NONE;

  UpstreamTries(UpstreamPolicy.Limits limits, UpstreamHealth health) {
    this.tries = Failsafe.with(retry(limits.retryWithin()));
    this.health = health;
  }

  /** Sets who is told of requests. Call it at start-up. */
  void observe(UpstreamObserver told) {
    observer = told;
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
   * @param request empty if the upstream doesn't have what is asked for
   * @param path the requested path, which identifies the request for the health
   * @throws UpstreamUnavailableException if the upstream is suspended or every try failed
   */
  <T> Optional<T> run(String path, CheckedSupplier<Optional<T>> request)
      throws UpstreamUnavailableException {
    long start = System.nanoTime();
    Result result = Result.SUSPENDED;
    try {
      health.begin();
      result = Result.FAILED;
      Optional<T> answer = runAllowed(path, request);
      result = answer.isPresent() ? Result.FOUND : Result.ABSENT;
      return answer;
    } finally {
      observer.ended(health.base(), result, System.nanoTime() - start);
    }
  }

  private <T> Optional<T> runAllowed(String path, CheckedSupplier<Optional<T>> request)
      throws UpstreamUnavailableException {
    boolean counted = false;
    long start = System.nanoTime();
    try {
      Optional<T> answer = tries.get(request);
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
