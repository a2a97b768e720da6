package narthex.maintain;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import narthex.maintain.WorkObserver.Result;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoreListener;
import org.jspecify.annotations.Nullable;

/**
 * Runs all {@link Chore}s in the background, one item at a time per worker.
 *
 * <h2>Problem</h2>
 *
 * Items arrive at any time, and thousands may be pending. Every item must get its turn, even while
 * new ones arrive. An item that always fails must not delay the others. A restart must not lose
 * items, and idle workers must not hold threads.
 *
 * <h2>How</h2>
 *
 * There is no queue in memory: each chore finds its pending items in the database or the blob
 * store. All workers share one round, which takes each chore's items from the first to the last and
 * alternates between the chores. A failed item is retried after a delay that doubles with each
 * failure. A change to a NAR wakes a worker; if all workers are running, another round follows the
 * present one. A timer also wakes the workers, to find items that have become due or that another
 * replica stored. With several replicas, each chore runs on the one that has its lease.
 *
 * <p>Thread-safe. Starts no item after {@link #close}.
 */
public final class Chores implements StoreListener, Closeable {
  private static final System.Logger LOG = System.getLogger(Chores.class.getName());

  /** Number of items that one search returns at most. */
  private static final int PAGE = 100;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration SHORTEST_DELAY = Duration.ofMinutes(1);
  private static final Duration LONGEST_DELAY = Duration.ofHours(4);

  /**
   * Maximum number of delayed items for each chore; further failed items are retried every round.
   */
  private static final int MOST_PUT_OFF = 10_000;

  /** When to retry a failed item, and the delay that ends then. */
  private record PutOff(Instant until, Duration delay) {}

  /**
   * The position of the present round in one chore. {@code roundLock} guards all mutable fields.
   */
  private static final class Queue<T> {
    final Chore<T> chore;
    final ChoreTally tally;
    final Map<T, PutOff> putOff = new HashMap<>();
    List<T> page = List.of();
    int next;
    Optional<T> last = Optional.empty();
    boolean ended;
    int done;

    /** When to search for items of this chore again; see {@link Chore#pause}. */
    Instant notBefore = Instant.MIN;

    Queue(Chore<T> chore) {
      this.chore = chore;
      this.tally = new ChoreTally(chore.name());
    }

    void rewind() {
      page = List.of();
      next = 0;
      last = Optional.empty();
      ended = false;
      done = 0;
    }
  }

  private record Task<T>(Queue<T> queue, T item) {}

  private final List<Queue<?>> queues;
  private final Leases leases;
  private final Executor workers;
  private final int count;
  private final InstantSource clock;

  /** Held during database and blob store searches, so {@link #wake} must not take it. */
  private final ReentrantLock roundLock = new ReentrantLock();

  private final Set<Object> taken = new HashSet<>(); // guarded by roundLock
  private int turn; // guarded by roundLock
  private boolean atBeginning = true; // guarded by roundLock

  private final ReentrantLock lock = new ReentrantLock();
  private int running; // guarded by lock
  private boolean again; // guarded by lock
  private volatile boolean closed;
  private volatile WorkObserver observer = WorkObserver.NONE;

  /**
   * @param chores the chores, in no particular order
   * @param leases decides which of them run here
   * @param workers must be able to run {@code count} tasks at once; the caller shuts it down
   * @param count maximum number of workers
   */
  public Chores(
      List<? extends Chore<?>> chores,
      Leases leases,
      Executor workers,
      int count,
      InstantSource clock) {
    this.leases = leases;
    this.queues = chores.stream().<Queue<?>>map(Chores::newQueue).toList();
    this.workers = workers;
    this.count = count;
    this.clock = clock;
  }

  /** Sets who is told how the chores get on. Call it at start-up. */
  public void observe(WorkObserver told) {
    observer = told;
  }

  private static <T> Queue<T> newQueue(Chore<T> chore) {
    return new Queue<>(chore);
  }

  /**
   * Wakes all workers now, and again every {@code delay}, but at least once a minute and at most
   * once a second.
   *
   * @param timer the caller shuts it down
   * @param delay the shortest time after which an item becomes due
   */
  public void schedule(ScheduledExecutorService timer, Duration delay) {
    Duration pause = delay.compareTo(LONGEST_PAUSE) < 0 ? delay : LONGEST_PAUSE;
    pause = pause.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : pause;
    timer.scheduleWithFixedDelay(this::wakeAll, 0, pause.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void wakeAll() {
    for (int i = 0; i < count; i++) {
      wake();
    }
  }

  @Override
  public void narChanged(Sha256 narHash) {
    wake();
  }

  @Override
  public void anyChanged() {
    wake();
  }

  @Override
  public void narInfoChanged(StorePathHash hash) {
    // no chore works on narinfos
  }

  /** Starts a worker or, if all are running, requests another round. Doesn't block on I/O. */
  public void wake() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      if (running == count) {
        again = true;
        return;
      }
      workers.execute(this::work);
      running++;
    } catch (RejectedExecutionException stopping) {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  private void work() {
    boolean ended = false;
    try {
      do {
        if (!drain()) {
          drain(); // joined a round midway: it may have passed the new item
        }
      } while (isWokenAgain());
      ended = true;
    } finally {
      if (!ended) {
        release();
      }
    }
  }

  private boolean isWokenAgain() {
    lock.lock();
    try {
      if (again && !closed) {
        again = false;
        return true;
      }
      release();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void release() {
    lock.lock();
    try {
      running--;
    } finally {
      lock.unlock();
    }
  }

  /** Works until the round ends. Returns whether the round had not begun before this call. */
  private boolean drain() {
    boolean isWhole = isAtBeginning();
    Optional<? extends Task<?>> task;
    while ((task = take()).isPresent()) {
      run(task.get());
    }
    return isWhole;
  }

  private boolean isAtBeginning() {
    roundLock.lock();
    try {
      return atBeginning;
    } finally {
      roundLock.unlock();
    }
  }

  private <T> void run(Task<T> task) {
    boolean done = false;
    Exception failure = null;
    task.queue().tally.begun();
    try {
      done = task.queue().chore.run(task.item());
    } catch (IOException | RuntimeException e) {
      failure = e;
    } finally {
      observer.itemEnded(task.queue().chore.name(), failure == null ? result(done) : Result.FAILED);
      ended(task, done, failure);
    }
  }

  private static Result result(boolean done) {
    return done ? Result.DONE : Result.IDLE;
  }

  private <T> void ended(Task<T> task, boolean done, @Nullable Exception failure) {
    task.queue().tally.ended(done, failure, clock.instant());
    roundLock.lock();
    try {
      taken.remove(task.item());
      task.queue().done += done ? 1 : 0;
      if (failure == null) {
        task.queue().putOff.remove(task.item());
      } else if (!closed) {
        putOff(task, failure);
      }
    } finally {
      roundLock.unlock();
    }
  }

  private <T> void putOff(Task<T> task, Exception failure) {
    Map<T, PutOff> putOff = task.queue().putOff;
    PutOff before = putOff.get(task.item());
    Duration delay = before == null ? SHORTEST_DELAY : before.delay().multipliedBy(2);
    delay = delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    if (before != null || putOff.size() < MOST_PUT_OFF) {
      putOff.put(task.item(), new PutOff(clock.instant().plus(delay), delay));
    }
    LOG.log(
        Level.WARNING,
        "background task failed, will retry task=\"{0}\" item={1} after={2} reason={3}",
        task.queue().chore.name(),
        String.valueOf(task.item()),
        delay,
        failure.toString());
  }

  /** Takes the next item of this round. Empty at the end of the round, or after {@link #close}. */
  private Optional<? extends Task<?>> take() {
    roundLock.lock();
    try {
      atBeginning = false;
      for (int i = 0; i < queues.size() && !closed; i++) {
        Queue<?> queue = queues.get(turn);
        turn = (turn + 1) % queues.size();
        Optional<? extends Task<?>> task = take(queue);
        if (task.isPresent()) {
          taken.add(task.get().item());
          return task;
        }
      }
      endRound();
      return Optional.empty();
    } finally {
      roundLock.unlock();
    }
  }

  private <T> Optional<Task<T>> take(Queue<T> queue) {
    while (!queue.ended && leases.isOurs(queue.chore.name())) {
      while (queue.next < queue.page.size()) {
        T item = queue.page.get(queue.next++);
        PutOff putOff = queue.putOff.get(item);
        boolean isDue = putOff == null || !clock.instant().isBefore(putOff.until());
        if (isDue && !taken.contains(item)) {
          return Optional.of(new Task<>(queue, item));
        }
      }
      turnPage(queue);
    }
    return Optional.empty();
  }

  private <T> void turnPage(Queue<T> queue) {
    if (queue.last.isEmpty() && clock.instant().isBefore(queue.notBefore)) {
      queue.ended = true;
      return;
    }
    try {
      queue.page = queue.chore.find(queue.last, PAGE);
      queue.next = 0;
      queue.ended = queue.page.isEmpty();
      observer.searched(queue.chore.name(), result(!queue.ended));
      if (queue.ended) {
        queue.notBefore = clock.instant().plus(queue.chore.pause());
      } else {
        queue.last = Optional.of(queue.page.get(queue.page.size() - 1));
      }
    } catch (IOException | RuntimeException e) {
      queue.ended = true;
      observer.searched(queue.chore.name(), Result.FAILED);
      LOG.log(
          Level.WARNING,
          "background task failed, will retry task=\"{0}\" reason={1}",
          queue.chore.name(),
          e.toString());
    }
  }

  private void endRound() {
    atBeginning = true;
    List<String> done = new ArrayList<>();
    for (Queue<?> queue : queues) {
      if (queue.done > 0) {
        done.add(queue.done + " " + queue.chore.done());
      }
      queue.rewind();
    }
    if (!done.isEmpty()) {
      LOG.log(Level.INFO, "background work finished done={0}", String.join(", ", done));
    }
  }

  /** What each chore has done here since the start. */
  public List<ChoreState> states() {
    return queues.stream().map(queue -> queue.tally.state()).toList();
  }

  /** Stops each worker after its present item. Doesn't wait for the workers. */
  @Override
  public void close() {
    closed = true;
  }
}
