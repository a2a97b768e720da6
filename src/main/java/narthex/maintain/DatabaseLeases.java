package narthex.maintain;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import narthex.db.LeaseTable;
import narthex.nix.OneLine;

/**
 * Leases in the database that the replicas share. Each chore has its own: replicas may have
 * different chores, and can share the work. The first replica that asks gets the lease and keeps it
 * as long as it {@linkplain #renew renews} it. If the replica stops or is lost, another one gets
 * the lease. Thread-safe.
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
  private final String holder;
  private final InstantSource clock;
  private final Map<String, Instant> heldUntil = new ConcurrentHashMap<>();
  private final Map<String, Instant> refusedUntil = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /**
   * @param holder the name of this replica, which no other start of a replica has
   */
  public DatabaseLeases(LeaseTable table, String holder, InstantSource clock) {
    this.table = table;
    this.holder = holder;
    this.clock = clock;
  }

  @Override
  public boolean isOurs(String chore) {
    Instant now = clock.instant();
    if (now.isBefore(heldUntil.getOrDefault(chore, Instant.MIN))) {
      return true;
    }
    return !closed
        && !now.isBefore(refusedUntil.getOrDefault(chore, Instant.MIN))
        && acquire(chore, now);
  }

  /** Renews the leases that this replica has. Call it every {@link #RENEW_EVERY}. */
  public void renew() {
    for (String chore : heldUntil.keySet()) {
      if (!closed) {
        acquire(chore, clock.instant());
      }
    }
  }

  private boolean acquire(String chore, Instant now) {
    try {
      if (table.acquire(chore, holder, now, LENGTH)) {
        heldUntil.put(chore, now.plus(LENGTH));
        return true;
      }
      heldUntil.remove(chore);
      refusedUntil.put(chore, now.plus(REFUSED_FOR));
    } catch (IOException e) { // a lease that is held lasts until its end
      LOG.log(Level.WARNING, "lease not acquired chore={0} reason={1}", chore, OneLine.reason(e));
    }
    return false;
  }

  /** Releases all leases, so that other replicas get them at once. */
  @Override
  public void close() {
    closed = true;
    heldUntil.clear();
    try {
      table.release(holder);
    } catch (IOException e) {
      LOG.log(
          Level.WARNING,
          "leases not released, they end after {0} reason={1}",
          LENGTH,
          OneLine.reason(e));
    }
  }
}
