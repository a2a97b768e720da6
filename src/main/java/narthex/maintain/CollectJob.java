package narthex.maintain;

import java.io.IOException;
import narthex.maintain.JobResult.Verdict;
import narthex.maintain.WholeCollection.Collected;
import narthex.maintain.WholeCollection.Counted;

/** The job {@code collect}: a {@link WholeCollection}. With {@code dry-run} it only counts. */
public final class CollectJob implements Job {
  private final WholeCollection collection;

  /** Runs this collection. */
  public CollectJob(WholeCollection collection) {
    this.collection = collection;
  }

  @Override
  public String name() {
    return "collect";
  }

  @Override
  public boolean isForWholeStore() {
    return true;
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    return options.isSet("dry-run") ? this::count : progress -> result(collection.run(progress));
  }

  private JobResult count(Progress progress) throws IOException {
    Counted counted = collection.count(progress);
    return JobResult.of(counted.isFinished() ? Verdict.DONE : Verdict.UNFINISHED)
        .with("unnamedNars", counted.unnamedNars())
        .with("unnamedBlobs", counted.unnamedBlobs())
        .with("unnamedBytes", counted.unnamedBytes())
        .with("unusedChunks", counted.unusedChunks())
        .with("unusedChunkBytes", counted.unusedChunkBytes())
        .with("garbageBlobs", counted.garbageBlobs())
        .with("garbageBytes", counted.garbageBytes());
  }

  private static JobResult result(Collected collected) {
    return JobResult.of(collected.isFinished() ? Verdict.DONE : Verdict.UNFINISHED)
        .with("sweptNars", collected.sweptNars())
        .with("unnamedBlobs", collected.unnamedBlobs())
        .with("removedChunks", collected.removedChunks())
        .with("compactedBytes", collected.compactedBytes())
        .with("deletedBlobs", collected.deletedBlobs())
        .with("freedBytes", collected.freedBytes());
  }
}
