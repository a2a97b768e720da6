package narthex.staging;

import java.io.Closeable;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * Reports the members of a cluster: logs each change, and while there are more or fewer than
 * expected, a warning every minute. Thread-safe.
 */
public final class ClusterWatch implements Closeable {
  private static final System.Logger LOG = System.getLogger(ClusterWatch.class.getName());
  private static final Duration WARN_EVERY = Duration.ofMinutes(1);

  private final InFlightRegistry registry;
  private final int expected;
  private final InFlightRegistry.Registration changes;
  private final Future<?> warnings;
  private Set<String> logged = Set.of(); // guarded by this

  /**
   * Starts to report.
   *
   * @param expected number of replicas that there should be; 0 if any number is right
   * @param timer its owner stops it
   */
  public ClusterWatch(InFlightRegistry registry, int expected, ScheduledExecutorService timer) {
    this.registry = registry;
    this.expected = expected;
    this.changes = registry.watch("", this::logChange);
    long seconds = WARN_EVERY.toSeconds();
    this.warnings = timer.scheduleWithFixedDelay(this::warn, seconds, seconds, TimeUnit.SECONDS);
    logChange();
  }

  private synchronized void logChange() {
    Set<String> members = new TreeSet<>(registry.members());
    if (!members.equals(logged)) {
      logged = members;
      LOG.log(Level.INFO, "cluster changed {0}", line());
    }
  }

  /** Logs a warning if there are more or fewer members than expected. */
  void warn() {
    if (expected > 0 && registry.members().size() != expected) {
      LOG.log(Level.WARNING, "cluster incomplete {0}", line());
    }
  }

  /** One line with the members and how many there should be. */
  public String line() {
    Set<String> members = new TreeSet<>(registry.members());
    return "members="
        + members.size()
        + (expected > 0 ? " expected=" + expected : "")
        + " self="
        + registry.self()
        + " names="
        + String.join(",", members);
  }

  /** Stops to report. Leaves the registry open. */
  @Override
  public void close() {
    changes.close();
    warnings.cancel(false);
  }
}
