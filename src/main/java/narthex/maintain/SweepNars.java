package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.nix.Sha256;

/**
 * Deletes NARs that no narinfo is of once they are older than a grace: uploads that were given up
 * between the NAR and its narinfo. Several replicas may sweep at once.
 */
public final class SweepNars implements Chore<Sha256> {
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private final Database database;
  private final Deletion deletion;
  private final Duration grace;
  private final InstantSource clock;

  /** Sweeps what was last put longer ago than {@code grace} and has no narinfo. */
  public SweepNars(Database database, Deletion deletion, Duration grace, InstantSource clock) {
    this.database = database;
    this.deletion = deletion;
    this.grace = grace;
    this.clock = clock;
  }

  @Override
  public String done() {
    return "swept";
  }

  /** An hour or, if the grace is shorter, that long. */
  @Override
  public Duration pause() {
    return grace.compareTo(LONGEST_PAUSE) < 0 ? grace : LONGEST_PAUSE;
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.findUnnamedNars(clock.instant().minus(grace), after, most);
  }

  /** What was put once more since it was found has its grace again. */
  @Override
  public boolean run(Sha256 narHash) throws IOException {
    return deletion.deleteUnnamed(narHash);
  }
}
