package narthex.upstream;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.RetryPolicyBuilder;
import java.lang.System.Logger.Level;
import java.net.URI;
import java.time.Duration;

/**
 * How often one upstream is tried. Only trouble that may pass counts: an upstream that answers one
 * request with nonsense is not dead.
 */
final class UpstreamTries {
  private static final System.Logger LOG = System.getLogger(UpstreamTries.class.getName());
  private static final int MAX_RETRIES = 6;
  private static final Duration FIRST_DELAY = Duration.ofMillis(100);
  private static final Duration LONGEST_DELAY = Duration.ofSeconds(2);
  private static final double JITTER = 0.2;

  private UpstreamTries() {}

  /** Retries within the bound, and a circuit breaker that sees every try. */
  static FailsafeExecutor<Object> of(UpstreamSettings.Limits limits, URI base) {
    return Failsafe.with(retry(limits.retryWithin())).compose(breaker(limits, base));
  }

  private static RetryPolicy<Object> retry(Duration within) {
    RetryPolicyBuilder<Object> retry = RetryPolicy.builder().handleIf(UpstreamTries::mayPass);
    if (within.compareTo(FIRST_DELAY) <= 0) {
      return retry.withMaxRetries(0).build(); // there is no time for another try
    }
    return retry
        .withMaxRetries(MAX_RETRIES)
        .withMaxDuration(within)
        .withBackoff(FIRST_DELAY, LONGEST_DELAY)
        .withJitter(JITTER)
        .build();
  }

  private static CircuitBreaker<Object> breaker(UpstreamSettings.Limits limits, URI base) {
    return CircuitBreaker.builder()
        .handleIf(UpstreamTries::mayPass)
        .withFailureThreshold(limits.failuresToOpen())
        .withDelay(limits.probeAfter())
        .withSuccessThreshold(1)
        .onOpen(e -> LOG.log(Level.WARNING, "upstream taken for dead upstream={0}", base))
        .onClose(e -> LOG.log(Level.INFO, "upstream answers again upstream={0}", base))
        .build();
  }

  private static boolean mayPass(Throwable failure) {
    return failure instanceof TroubleException trouble
        && trouble.retry() == TroubleException.Retry.WORTHWHILE;
  }
}
