package narthex.maintain;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.nix.Sha256;

/**
 * Deletes NARs that no narinfo references after a grace period, such as uploads that were aborted
 * before the narinfo. Several replicas may sweep at the same time.
 */
public final class SweepNars implements Chore<Sha256> {
  private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

  private final Database database;
  private final Deletion deletion;
  private final Duration grace;
  private final InstantSource clock;

  /** Deletes NARs that were last stored longer ago than {@code grace}. */
  public SweepNars(Database database, Deletion deletion, Duration grace, InstantSource clock) {
    this.database = database;
    this.deletion = deletion;
    this.grace = grace;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "delete unreferenced NARs";
  }

  @Override
  public String done() {
    return "unreferenced NARs deleted";
  }

  /** Returns an hour or, if it is shorter, the grace period. */
  @Override
  public Duration pause() {
    return grace.compareTo(LONGEST_PAUSE) < 0 ? grace : LONGEST_PAUSE;
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.garbage().findUnnamedNars(due(), after, most);
  }

  /** Deletes the NAR unless it was stored again meanwhile or a narinfo references it now. */
  @Override
  public boolean run(Sha256 narHash) throws IOException {
    return deletion.deleteUnnamed(narHash, due());
  }

  private Instant due() {
    return clock.instant().minus(grace);
  }
}
