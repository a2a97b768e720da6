package narthex.maintain;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.NarInfoRow;
import narthex.maintain.Finding.Outcome;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;

/** Checks one store path: its narinfo, and every byte of its NAR. Thread-safe. */
final class VerifyPath {
  private final Fsck.Store store;
  private final Fsck.Sources sources;
  private final InstantSource clock;

  /** Checks paths of this store. */
  VerifyPath(Fsck.Store store, Fsck.Sources sources, InstantSource clock) {
    this.store = store;
    this.sources = sources;
    this.clock = clock;
  }

  /**
   * Checks a path.
   *
   * @param repair whether to repair what is wrong
   * @param bytesPerSecond most bytes to read per second; 0 for any number
   * @return done; or problems, if something was wrong, even if it was repaired; unfinished if it
   *     was stopped
   * @throws IOException if there is no such path, or storage fails
   */
  JobResult run(StorePathHash hash, Fsck.Repair repair, long bytesPerSecond, Progress progress)
      throws IOException {
    NarInfoRow row =
        store
            .database()
            .findNarInfo(hash)
            .orElseThrow(() -> new IOException("no such path: " + hash.text()));
    String narHash = row.said().nar().hash().nix32();
    boolean isStored = store.database().findNar(row.said().nar().hash()).isPresent();
    Pace pace = new Pace(bytesPerSecond, progress);
    BlobStore blobs = new PacedBlobStore(store.blobs(), pace);
    Availability availability = new Availability(store.database(), sources.upstreams(), clock);
    Repairs repairs = new Repairs(store, sources, availability, clock, Repairs.Hope.GONE);
    Tally tally = new Tally(repair, progress);
    try {
      progress.at("nars", 0, 2);
      if (isStored) {
        tally.found(new CheckNars(store, blobs, Fsck.Depth.DEEP, repairs).look(narHash));
      }
      progress.at("narinfos", 1, 2);
      tally.found(new CheckNarInfos(store, availability, repairs).look(hash.text()));
      progress.at("narinfos", 2, 2);
    } catch (Pace.StoppedException stopped) {
      return tally.result(JobResult.Verdict.UNFINISHED, isStored, pace.bytes());
    }
    return tally.result(
        tally.wrong == 0 ? JobResult.Verdict.DONE : JobResult.Verdict.PROBLEMS,
        isStored,
        pace.bytes());
  }

  /** What was found. For one thread. */
  private static final class Tally {
    private final Fsck.Repair repair;
    private final Progress progress;
    private long wrong;
    private long repaired;

    Tally(Fsck.Repair repair, Progress progress) {
      this.repair = repair;
      this.progress = progress;
    }

    void found(List<Finding> findings) {
      for (Finding finding : findings) {
        wrong++;
        String line = finding.kind().text() + ": " + finding.what();
        progress.tell(OneLine.of(repair == Fsck.Repair.ALL ? line + ": " + mend(finding) : line));
      }
    }

    private String mend(Finding finding) {
      try {
        Outcome outcome = finding.repair().run();
        repaired++;
        return outcome.text();
      } catch (IOException e) {
        return "not repaired: " + OneLine.reason(e);
      }
    }

    JobResult result(JobResult.Verdict verdict, boolean isStored, long bytes) {
      return JobResult.of(verdict)
          .with("wrong", wrong)
          .with("repaired", repaired)
          .with("storedNars", isStored ? 1 : 0)
          .with("readBytes", bytes);
    }
  }
}
