package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import narthex.maintain.JobRefusedException.Reason;
import narthex.nix.OneLine;

/**
 * The {@link Job}s of this server. Each runs at most once at a time and for each {@linkplain
 * Job#target target}, and one for the whole store on one replica of all. Thread-safe.
 */
public final class Jobs {
  /** Longest time without a line: shorter than the time-outs of most reverse proxies. */
  public static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private static final System.Logger LOG = System.getLogger(Jobs.class.getName());

  private final Map<String, Job> jobs = new TreeMap<>();
  private final Map<Turn, JobRun> running = new ConcurrentHashMap<>();
  private final Executor threads;
  private final Duration heartbeat;
  private volatile boolean stopped;
  private volatile WorkObserver observer = WorkObserver.NONE;
  private volatile Leases leases = Leases.ALONE;

  /** What runs at most once at a time: a job with its target, which may be empty. */
  private record Turn(String name, String target) {
    boolean needsLease(Job job) {
      return job.isForWholeStore() && target.isEmpty();
    }

    String lease() {
      return "job " + name;
    }
  }

  /**
   * @param threads runs each job at once; the caller shuts it down
   */
  public Jobs(Collection<? extends Job> jobs, Executor threads) {
    this(jobs, threads, HEARTBEAT);
  }

  /**
   * @param heartbeat longest time without a line of a {@link JobRun}
   */
  public Jobs(Collection<? extends Job> jobs, Executor threads, Duration heartbeat) {
    for (Job job : jobs) {
      if (this.jobs.put(job.name(), job) != null) {
        throw new IllegalArgumentException("two jobs named " + job.name());
      }
    }
    this.threads = threads;
    this.heartbeat = heartbeat;
  }

  /** Sets who is told how jobs end. Call it at start-up. */
  public void observe(WorkObserver told) {
    observer = told;
  }

  /** Sets what decides whether another replica runs a job for the whole store. At start-up. */
  public void share(Leases shared) {
    leases = shared;
  }

  /** Returns the names of all jobs. */
  public Set<String> names() {
    return Collections.unmodifiableSet(jobs.keySet());
  }

  /**
   * Starts a job.
   *
   * @param options its options by name
   * @throws JobRefusedException if it doesn't begin
   */
  public JobRun start(String name, Map<String, String> options) throws JobRefusedException {
    Job job = jobs.get(name);
    if (job == null) {
      throw new JobRefusedException(
          Reason.UNKNOWN, "no such job; jobs: " + String.join(", ", jobs.keySet()));
    }
    JobOptions said = new JobOptions(options);
    Job.Work work = job.prepare(said);
    Turn turn = new Turn(name, job.target(said).orElse(""));
    said.requireAllRead();
    JobRun run = new JobRun(heartbeat, () -> stopped);
    if (running.putIfAbsent(turn, run) != null) {
      throw new JobRefusedException(Reason.RUNNING, "the job " + name + " is running already");
    }
    try {
      if (stopped) {
        throw new JobRefusedException(Reason.STOPPING, "the server stops");
      }
      takeLease(job, turn);
    } catch (JobRefusedException | RuntimeException e) {
      running.remove(turn);
      throw e;
    }
    try {
      LOG.log(Level.INFO, "job begins name={0} options={1}", name, OneLine.of(options.toString()));
      threads.execute(() -> run(job, turn, work, run));
      return run;
    } catch (RejectedExecutionException e) {
      ended(job, turn);
      throw new JobRefusedException(Reason.STOPPING, "the server stops");
    }
  }

  private void takeLease(Job job, Turn turn) throws JobRefusedException {
    Optional<String> other = Optional.empty();
    try {
      other = turn.needsLease(job) ? leases.take(turn.lease()) : other;
    } catch (IOException e) { // a lease only saves work
      LOG.log(
          Level.WARNING,
          "lease of a job not taken name={0} reason={1}",
          job.name(),
          OneLine.reason(e));
    }
    if (other.isPresent()) {
      throw new JobRefusedException(
          Reason.RUNNING, "the job " + job.name() + " is running on the replica " + other.get());
    }
  }

  private void ended(Job job, Turn turn) {
    if (turn.needsLease(job)) {
      leases.release(turn.lease());
    }
    running.remove(turn);
  }

  /**
   * How far the running jobs are: for each its name, its target if it has one, and its step with
   * what is done of what.
   */
  public List<Map<String, Object>> running() {
    List<Map<String, Object>> jobs = new ArrayList<>();
    Map<Turn, JobRun> sorted =
        new TreeMap<>(Comparator.comparing(Turn::name).thenComparing(Turn::target));
    sorted.putAll(running);
    sorted.forEach(
        (turn, run) -> {
          Map<String, Object> job = new LinkedHashMap<>();
          job.put("name", turn.name());
          if (!turn.target().isEmpty()) {
            job.put("target", turn.target());
          }
          job.putAll(run.step());
          jobs.add(job);
        });
    return jobs;
  }

  /** Ends the running jobs as soon as they can, and refuses others. Doesn't wait. */
  public void stop() {
    stopped = true;
  }

  private void run(Job job, Turn turn, Job.Work work, JobRun run) {
    String name = job.name();
    try {
      JobResult result = work.run(run);
      ended(job, turn);
      LOG.log(
          Level.INFO,
          "job ends name={0} verdict={1} {2}",
          name,
          result.verdict(),
          result.figures());
      observer.jobEnded(name, WorkObserver.Result.DONE);
      run.ended(result);
    } catch (IOException e) {
      fail(job, turn, run, e, Level.WARNING);
    } catch (RuntimeException | Error e) {
      fail(job, turn, run, e, Level.ERROR);
    }
  }

  private void fail(Job job, Turn turn, JobRun run, Throwable failure, Level level) {
    String name = job.name();
    ended(job, turn);
    observer.jobEnded(name, WorkObserver.Result.FAILED);
    LOG.log(level, "job failed name={0} reason={1}", name, OneLine.reason(failure));
    if (level == Level.ERROR) {
      LOG.log(Level.ERROR, "job failed", failure);
    }
    run.failed(OneLine.reason(failure));
  }
}
