package narthex.upstream;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * A circuit breaker for one upstream. It counts failures in a row that concern the server: requests
 * that couldn't reach it, and different paths that got no response. A request counts once, with all
 * its retries. At the limit, the upstream is suspended for a while and then probed by one request.
 * Thread-safe.
 */
final class UpstreamHealth {
  private static final System.Logger LOG = System.getLogger(UpstreamHealth.class.getName());

  /** The weight of the newest answer in the latency is the inverse of this. */
  private static final int LATENCY_WEIGHT = 8;

  private final String base;
  private final int failuresToOpen;
  private final Duration probeAfter;
  private final LongSupplier nanos;
  private final Object lock = new Object();

  private final Set<String> silentPaths = new LinkedHashSet<>(); // guarded by lock
  private int unreachable; // guarded by lock
  private boolean suspended; // guarded by lock
  private long until; // in nanos, guarded by lock
  private boolean probing; // guarded by lock
  private @Nullable String cause; // of the first failure in a row, guarded by lock
  private @Nullable String lastTrouble; // guarded by lock
  private long troubledAt; // in nanos, guarded by lock
  private @Nullable Duration latency; // moving average, guarded by lock

  /**
   * @param nanos a clock such as {@link System#nanoTime}
   */
  UpstreamHealth(String base, UpstreamPolicy.Limits limits, LongSupplier nanos) {
    this.base = base;
    this.failuresToOpen = limits.failuresToOpen();
    this.probeAfter = limits.probeAfter();
    this.nanos = nanos;
  }

  /** The base URL of the upstream, without credentials. */
  String base() {
    return base;
  }

  /**
   * Begins a request. The caller must end it by {@link #answered}, {@link #failed} or {@link
   * #ended}.
   *
   * @throws UpstreamUnavailableException if the upstream is suspended
   */
  void begin() throws UpstreamUnavailableException {
    synchronized (lock) {
      if (!suspended) {
        return;
      }
      if (probing || nanos.getAsLong() - until < 0) {
        String why = String.valueOf(cause);
        throw new UpstreamUnavailableException(
            base + " is suspended after several failures: " + why, new IOException(why));
      }
      probing = true;
    }
  }

  /**
   * Ends a request that got a response.
   *
   * @param took how long that took, with all retries
   */
  void answered(Duration took) {
    synchronized (lock) {
      Duration before = latency;
      latency =
          before == null
              ? took
              : before.plus(took.minus(before).dividedBy(LATENCY_WEIGHT)); // like TCP's (RFC 6298)
    }
    answered();
  }

  /** Ends a request to which the server reacted. */
  private void answered() {
    boolean again;
    synchronized (lock) {
      again = suspended;
      suspended = false;
      probing = false;
      silentPaths.clear();
      unreachable = 0;
      cause = null;
    }
    if (again) {
      LOG.log(Level.INFO, "upstream answers again upstream={0}", base);
    }
  }

  /** Ends a request that failed for reasons of our own. */
  void ended() {
    synchronized (lock) {
      probing = false;
    }
  }

  /**
   * Ends a request that failed.
   *
   * @param path the requested path, to count different ones
   */
  void failed(String path, TroubleException trouble) {
    String text = OneLine.reason(trouble);
    if (trouble.about() == TroubleException.About.OBJECT) {
      answered();
      synchronized (lock) {
        lastTrouble = text;
        troubledAt = nanos.getAsLong();
      }
      return;
    }
    String first;
    synchronized (lock) {
      lastTrouble = text;
      troubledAt = nanos.getAsLong();
      cause = cause == null ? text : cause;
      if (trouble.about() == TroubleException.About.SERVER) {
        unreachable++;
      } else if (silentPaths.size() < failuresToOpen) {
        silentPaths.add(path);
      }
      boolean dead = unreachable + silentPaths.size() >= failuresToOpen;
      boolean opens = dead && !suspended;
      if (suspended || dead) {
        suspended = true;
        probing = false;
        until = nanos.getAsLong() + probeAfter.toNanos();
      }
      if (!opens) {
        return;
      }
      first = cause;
    }
    LOG.log(
        Level.WARNING,
        "upstream suspended upstream={0} seconds={1} cause={2}",
        base,
        Long.toString(probeAfter.toSeconds()),
        first);
  }

  /** The state as shown to users. */
  UpstreamState state(Instant now) {
    synchronized (lock) {
      if (suspended) {
        Duration rest = Duration.ofNanos(Math.max(0, until - nanos.getAsLong()));
        String text =
            "suspended until %s: %s"
                .formatted(now.plus(rest).truncatedTo(ChronoUnit.SECONDS), cause);
        return new UpstreamState(base, UpstreamState.Use.SUSPENDED, text, latency);
      }
      String text = "up";
      if (lastTrouble != null) {
        Duration passed = Duration.ofNanos(nanos.getAsLong() - troubledAt);
        text =
            "up, last trouble at %s: %s"
                .formatted(now.minus(passed).truncatedTo(ChronoUnit.SECONDS), lastTrouble);
      }
      return new UpstreamState(base, UpstreamState.Use.ASKED, text, latency);
    }
  }
}
