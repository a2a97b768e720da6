package narthex.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/** Waits for what happens in the background. */
public final class Soon {
  private static final Duration AT_MOST = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

  private Soon() {}

  /**
   * Returns a wait, which one of its methods {@code until} begins. The calling thread looks every
   * 10 ms, and after two minutes the wait fails with this name and the last value.
   */
  public static ConditionFactory await(String name) {
    return Awaitility.await(name)
        .pollInSameThread()
        .dontCatchUncaughtExceptions()
        .pollDelay(Duration.ZERO)
        .pollInterval(BETWEEN_LOOKS)
        .atMost(AT_MOST);
  }
}
