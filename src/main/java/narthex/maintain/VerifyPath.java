package narthex.maintain;

import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.db.NarInfoRow;
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
    FsckTally tally = new FsckTally();
    Mending mending = new Mending(repair, tally, progress);
    boolean isEnded = false;
    try {
      progress.at("nars", 0, 2);
      if (isStored) {
        found(new CheckNars(store, blobs, Fsck.Depth.DEEP, repairs).look(narHash), tally, mending);
      }
      progress.at("narinfos", 1, 2);
      found(new CheckNarInfos(store, availability, repairs).look(hash.text()), tally, mending);
      progress.at("narinfos", 2, 2);
      isEnded = true;
    } catch (Pace.StoppedException stopped) {
      // what was found until then is told
    }
    return result(tally.result(isEnded), isStored, pace.bytes());
  }

  private static void found(List<Finding> findings, FsckTally tally, Mending mending) {
    for (Finding finding : findings) {
      tally.found(finding.kind());
      mending.mend(finding);
    }
  }

  private static JobResult result(FsckResult checked, boolean isStored, long bytes) {
    JobResult.Verdict verdict = JobResult.Verdict.UNFINISHED;
    if (checked.isEnded()) {
      verdict = checked.wrong() == 0 ? JobResult.Verdict.DONE : JobResult.Verdict.PROBLEMS;
    }
    return JobResult.of(verdict)
        .with("wrong", checked.wrong())
        .with("repaired", checked.repaired().values().stream().mapToLong(Long::longValue).sum())
        .with("storedNars", isStored ? 1 : 0)
        .with("readBytes", bytes);
  }
}
