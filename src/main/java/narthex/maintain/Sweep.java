package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import narthex.db.Database;
import narthex.nix.Sha256;

/**
 * Deletes NARs that no narinfo is of once they are older than a grace: uploads that were given up
 * between the NAR and its narinfo. Several replicas may sweep at once. Thread-safe.
 */
public final class Sweep {
  private static final System.Logger LOG = System.getLogger(Sweep.class.getName());
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final int BATCH = 100;

  private final Database database;
  private final Deletion deletion;
  private final Duration grace;
  private final InstantSource clock;

  /** Sweeps what has been stored for longer than {@code grace} and has no narinfo. */
  public Sweep(Database database, Deletion deletion, Duration grace, InstantSource clock) {
    this.database = database;
    this.deletion = deletion;
    this.grace = grace;
    this.clock = clock;
  }

  /** Sweeps again and again, an hour apart or, if the grace is shorter, that long. */
  public void schedule(ScheduledExecutorService executor) {
    Duration pause = grace.compareTo(LONGEST_PAUSE) < 0 ? grace : LONGEST_PAUSE;
    pause = pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause;
    executor.scheduleWithFixedDelay(
        this::runAndReport, pause.toMillis(), pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Sweeps once.
   *
   * @return how many NARs were deleted
   * @throws IOException if it could not go on; what was deleted until then stays deleted
   */
  public int run() throws IOException {
    int deleted = 0;
    while (true) {
      List<Sha256> unnamed = database.findUnnamedNars(clock.instant().minus(grace), BATCH);
      int before = deleted;
      for (Sha256 narHash : unnamed) {
        deleted += deletion.deleteUnnamed(narHash) ? 1 : 0;
      }
      if (unnamed.size() < BATCH || deleted == before) {
        return deleted;
      }
    }
  }

  private void runAndReport() {
    try {
      int deleted = run();
      if (deleted > 0) {
        LOG.log(Level.INFO, "unnamed nars swept count={0}", deleted);
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "sweep of unnamed nars broke, tried again later", e);
    }
  }
}
