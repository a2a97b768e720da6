package narthex.maintain;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.db.LeaseTable;
import narthex.nix.OneLine;
import narthex.staging.InFlightRegistry;

/**
 * Leases in the database that the replicas share. Each chore has its own: replicas may have
 * different chores, and can share the work. The first replica that asks gets the lease and keeps it
 * as long as it {@linkplain #renew renews} it. If the replica stops or leaves the cluster, another
 * one gets the lease at once; if that goes unnoticed, when the lease has ended. Thread-safe.
 */
public final class DatabaseLeases implements Leases, Closeable {
  /** How long a lease lasts if it isn't renewed. */
  public static final Duration LENGTH = Duration.ofMinutes(2);

  /** How often to renew: three attempts fit into a lease. */
  public static final Duration RENEW_EVERY = Duration.ofSeconds(30);

  private static final System.Logger LOG = System.getLogger(DatabaseLeases.class.getName());

  /** How long not to ask again for a lease that another replica has. */
  private static final Duration REFUSED_FOR = Duration.ofSeconds(10);

  private final LeaseTable table;
  private final InFlightRegistry registry;
  private final InFlightRegistry.Registration changes;
  private final InstantSource clock;
  private final Map<String, Instant> heldUntil = new ConcurrentHashMap<>();
  private final Map<String, Instant> refusedUntil = new ConcurrentHashMap<>();

  /** Whether leases may have lost their holders; true at the start, too. */
  private final AtomicBoolean membersChanged = new AtomicBoolean(true);

  private volatile boolean closed;

  /**
   * @param registry names this replica and those that are connected
   */
  public DatabaseLeases(LeaseTable table, InFlightRegistry registry, InstantSource clock) {
    this.table = table;
    this.registry = registry;
    this.clock = clock;
    this.changes = registry.watch("", () -> membersChanged.set(true));
  }

  @Override
  public boolean isOurs(String chore) {
    if (!closed && membersChanged.getAndSet(false)) {
      releaseLost();
    }
    Instant now = clock.instant();
    if (now.isBefore(heldUntil.getOrDefault(chore, Instant.MIN))) {
      return true;
    }
    return !closed
        && !now.isBefore(refusedUntil.getOrDefault(chore, Instant.MIN))
        && acquire(chore, now);
  }

  @Override
  public Optional<String> take(String work) throws IOException {
    if (!closed && membersChanged.getAndSet(false)) {
      releaseLost();
    }
    Instant now = clock.instant();
    if (table.acquire(work, registry.self(), now, LENGTH)) {
      heldUntil.put(work, now.plus(LENGTH));
      return Optional.empty();
    }
    return Optional.of(table.findHolder(work).orElse("another replica"));
  }

  @Override
  public void release(String work) {
    heldUntil.remove(work);
    try {
      table.release(work, registry.self());
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "lease not released, it ends after {0} name={1} reason={2}",
          LENGTH,
          work,
          OneLine.reason(e));
    }
  }

  /** Renews the leases that this replica has. Call it every {@link #RENEW_EVERY}. */
  public void renew() {
    for (String chore : heldUntil.keySet()) {
      if (!closed) {
        renew(chore, clock.instant());
      }
    }
  }

  /** Gives the lease back if it was released meanwhile: else nobody would ever do that. */
  private void renew(String chore, Instant now) {
    try {
      if (!table.acquire(chore, registry.self(), now, LENGTH)) {
        refused(chore, now);
      } else if (heldUntil.computeIfPresent(chore, (name, end) -> now.plus(LENGTH)) == null) {
        table.release(chore, registry.self());
      }
    } catch (IOException e) { // a lease that is held lasts until its end
      logNotAcquired(chore, e);
    }
  }

  /**
   * Releases the leases of replicas that have left, and verifies those of this replica: after a
   * split of the cluster, others may have released them.
   */
  private void releaseLost() {
    try {
      table.releaseAllBut(registry.members());
      refusedUntil.clear();
      renew();
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "leases of lost replicas not released, they end after {0} reason={1}",
          LENGTH,
          OneLine.reason(e));
    }
  }

  private boolean acquire(String chore, Instant now) {
    try {
      if (table.acquire(chore, registry.self(), now, LENGTH)) {
        heldUntil.put(chore, now.plus(LENGTH));
        return true;
      }
      refused(chore, now);
    } catch (IOException e) {
      logNotAcquired(chore, e);
    }
    return false;
  }

  private void refused(String chore, Instant now) {
    heldUntil.remove(chore);
    refusedUntil.put(chore, now.plus(REFUSED_FOR));
  }

  private static void logNotAcquired(String chore, IOException e) {
    LOG.log(Level.WARNING, "lease not acquired chore={0} reason={1}", chore, OneLine.reason(e));
  }

  /** Releases all leases, so that other replicas get them at once. */
  @Override
  public void close() {
    closed = true;
    changes.close();
    heldUntil.clear();
    try {
      table.release(registry.self());
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "leases not released, they end after {0} reason={1}",
          LENGTH,
          OneLine.reason(e));
    }
  }
}
