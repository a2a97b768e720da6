package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.db.FsckTable.Position;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;

/**
 * Reads the whole store once in a period, slowly, and repairs what is wrong before a client meets
 * it. Goes on after a restart where it was. One run takes until all is read or the server stops, so
 * it needs a worker of its own.
 */
public final class Scrub implements Chore<Scrub.Pass> {
  /** What a run does. */
  public enum Pass {
    /** Reads everything, or what an interrupted run has left. */
    ALL
  }

  private static final System.Logger LOG = System.getLogger(Scrub.class.getName());
  private static final String NAME = "scrub the store";

  /**
   * When and how fast.
   *
   * @param period time between the beginnings of two passes
   * @param bytesPerSecond most bytes to read per second; 0 for any number
   */
  public record Policy(Duration period, long bytesPerSecond) {}

  private final Fsck fsck;
  private final Policy policy;
  private final Leases leases;
  private final InstantSource clock;

  /**
   * @param fsck has a name of its own
   * @param leases end a run when another replica gets the lease
   */
  public Scrub(Fsck fsck, Policy policy, Leases leases, InstantSource clock) {
    this.fsck = fsck;
    this.policy = policy;
    this.leases = leases;
    this.clock = clock;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String done() {
    return "scrubs of the store";
  }

  @Override
  public List<Pass> find(Optional<Pass> after, int most) throws IOException {
    if (after.isPresent()) {
      return List.of();
    }
    Optional<Position> last = fsck.position();
    boolean isResting =
        last.isPresent()
            && last.get().step().isEmpty()
            && clock.instant().isBefore(last.get().beganAt().plus(policy.period()));
    return isResting ? List.of() : List.of(Pass.ALL);
  }

  @Override
  public boolean run(Pass pass) throws IOException {
    FsckResult result =
        fsck.run(
            new Options(Depth.HASHES, Repair.ALL, Start.RESUME, policy.bytesPerSecond()),
            new Logged());
    if (result.isEnded()) {
      LOG.log(
          result.wrong() > 0 || result.unchecked() > 0 ? Level.WARNING : Level.INFO,
          "store scrubbed checked={0} bytes={1} found={2} repaired={3} unchecked={4}",
          result.checked(),
          Long.toString(result.bytes()),
          result.found(),
          result.repaired(),
          Long.toString(result.unchecked()));
    }
    return result.isEnded();
  }

  /** Writes findings to the log. Stops when the server does, or another replica has the lease. */
  private final class Logged implements Progress {
    @Override
    public void at(String step, long done, long total) {
      LOG.log(Level.TRACE, "scrub step={0} done={1}", step, Long.toString(done));
    }

    @Override
    public void tell(String line) {
      LOG.log(Level.WARNING, "scrub found {0}", line);
    }

    @Override
    public boolean isStopped() {
      return Thread.currentThread().isInterrupted() || !leases.isOurs(NAME);
    }
  }
}
