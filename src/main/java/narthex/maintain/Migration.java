package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import narthex.maintain.JobResult.Verdict;
import narthex.nix.Sha256;
import narthex.store.NarReading;

/**
 * Changes the form of all stored NARs, one after the other. A NAR that fails is told, and stays as
 * it is. As each NAR that is done has the new form, a later run goes on where this one ends.
 */
final class Migration {
  private static final int PAGE = 100;

  /** What became of a NAR. */
  enum Outcome {
    /** It has the new form now. */
    MIGRATED,
    /** Nothing: it has the new form already, was deleted, or somebody else migrates it. */
    UNCHANGED,
    /** It was lost or damaged, which was told. */
    DAMAGED
  }

  /** A change of form. */
  interface Change {
    /** Counts the NARs that don't have the new form. */
    long count() throws IOException;

    /** Finds such NARs, sorted by hash, with greater hashes than this one. */
    List<Sha256> find(Optional<Sha256> after, int most) throws IOException;

    /**
     * Changes the form of one NAR.
     *
     * @param watch observes the reading of the NAR
     * @param damages gets one line for everything that is lost or damaged
     * @throws IOException if the storage fails or the watch aborts; the NAR stays as it is then
     */
    Outcome migrate(Sha256 narHash, NarReading.Watch watch, Consumer<String> damages)
        throws IOException;
  }

  private final Change change;
  private final Pace pace;
  private final Progress progress;
  private final JobItems items;
  private long migrated;
  private long damaged;

  /**
   * @param bytesPerSecond limit of the bytes of NARs that are read; 0 for none
   */
  Migration(Change change, long bytesPerSecond, Progress progress) {
    this.change = change;
    this.pace = new Pace(bytesPerSecond, progress);
    this.progress = progress;
    this.items = new JobItems(progress);
  }

  /**
   * Runs once.
   *
   * @throws IOException if the database can't be asked, or very many NARs fail
   */
  JobResult run() throws IOException {
    items.each(
        new JobItems.Kind<>("NARs", narHash -> "NAR " + narHash.nix32()),
        change.count(),
        after -> change.find(after, PAGE),
        this::migrate);
    return result();
  }

  private void migrate(Sha256 narHash) throws IOException {
    Outcome outcome =
        change.migrate(
            narHash, watch(), damage -> progress.tell("NAR " + narHash.nix32() + ": " + damage));
    migrated += outcome == Outcome.MIGRATED ? 1 : 0;
    damaged += outcome == Outcome.DAMAGED ? 1 : 0;
  }

  private NarReading.Watch watch() {
    return new NarReading.Watch() {
      @Override
      public void read(int bytes) throws IOException {
        pace.pass(bytes);
      }
    };
  }

  private JobResult result() throws IOException {
    Verdict verdict = damaged > 0 ? Verdict.PROBLEMS : Verdict.DONE;
    return JobResult.of(items.isUnfinished() ? Verdict.UNFINISHED : verdict)
        .with("migrated", migrated)
        .with("damaged", damaged)
        .with("failed", items.failed())
        .with("bytes", pace.bytes())
        .with("remaining", change.count());
  }
}
