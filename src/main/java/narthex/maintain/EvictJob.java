package narthex.maintain;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;
import narthex.maintain.Eviction.Evicted;
import narthex.maintain.JobRefusedException.Reason;
import narthex.maintain.JobResult.Verdict;
import narthex.maintain.WholeCollection.Collected;

/**
 * The job {@code evict}: evicts NARs until {@code bytes} are free, or until the store takes {@code
 * to}. Then collects what they leave, so that the space is free when the job ends. With {@code
 * dry-run} it only counts.
 */
public final class EvictJob implements Job {
  private final Eviction eviction;
  private final WholeCollection collection;

  /** Runs this eviction, and then this collection. */
  public EvictJob(Eviction eviction, WholeCollection collection) {
    this.eviction = eviction;
    this.collection = collection;
  }

  @Override
  public String name() {
    return "evict";
  }

  @Override
  public boolean isForWholeStore() {
    return true;
  }

  @Override
  public Work prepare(JobOptions options) throws JobRefusedException {
    OptionalLong bytes = options.bytes("bytes");
    OptionalLong to = options.bytes("to");
    if (bytes.isPresent() == to.isPresent()) {
      throw new JobRefusedException(
          Reason.WRONG_OPTION, "one of the options bytes and to is needed");
    }
    LongUnaryOperator target =
        stored -> to.isPresent() ? to.getAsLong() : stored - bytes.getAsLong();
    if (options.isSet("dry-run")) {
      return progress -> result(eviction.count(target, progress));
    }
    return progress -> run(target, progress);
  }

  private JobResult run(LongUnaryOperator target, Progress progress) throws IOException {
    Evicted evicted = eviction.runNow(target, progress);
    JobResult result = result(evicted);
    if (evicted.nars() == 0) {
      return result;
    }
    Collected collected = collection.runAfterDeletion(progress);
    JobResult all =
        collected.isFinished() ? result : new JobResult(Verdict.UNFINISHED, result.figures());
    return all.with("freedBytes", collected.freedBytes());
  }

  private static JobResult result(Evicted evicted) {
    return JobResult.of(evicted.isEnough() ? Verdict.DONE : Verdict.UNFINISHED)
        .with("storedBytesBefore", evicted.storedBytes())
        .with("evictedNars", evicted.nars())
        .with("evictedBytes", evicted.bytes());
  }
}
