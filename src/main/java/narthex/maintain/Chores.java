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
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoreListener;
import org.jspecify.annotations.Nullable;

/**
 * Does chores, item by item, with a few workers.
 *
 * <h2>Problem</h2>
 *
 * Work comes at any time, and thousands of items may wait. Each has its turn, whatever comes
 * meanwhile, and one that always fails holds up no other; nothing may be lost by a stop, and
 * nothing runs when nothing waits.
 *
 * <h2>How</h2>
 *
 * The rows are the queue. Workers go through it in rounds, from the first item to the last, the
 * chores by turns; what fails is put off for a while, longer each time. Whoever stores a NAR wakes
 * a worker; if all are awake, another round follows this one. A look every now and then finds what
 * has become due, or was stored by another replica.
 *
 * <p>Safe for use by several threads. After it was closed it does nothing more.
 */
public final class Chores implements StoreListener, Closeable {
  private static final System.Logger LOG = System.getLogger(Chores.class.getName());

  /** Items that are found at once. */
  private static final int PAGE = 100;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration SHORTEST_DELAY = Duration.ofMinutes(1);
  private static final Duration LONGEST_DELAY = Duration.ofHours(4);

  /** Bounds the memory of failures; beyond it they are tried again in every round. */
  private static final int MOST_PUT_OFF = 10_000;

  /** An item that failed: not before this time again, and how long it waited for it. */
  private record PutOff(Instant until, Duration delay) {}

  /** How far the round has come with one chore. All but the chore is guarded by roundLock. */
  private static final class Queue<T> {
    final Chore<T> chore;
    final Map<T, PutOff> putOff = new HashMap<>();
    List<T> page = List.of();
    int next;
    Optional<T> last = Optional.empty();
    boolean ended;
    int done;

    /** When a new round may begin, as the chore wants a pause after one. */
    Instant notBefore = Instant.MIN;

    Queue(Chore<T> chore) {
      this.chore = chore;
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
  private final Executor workers;
  private final int count;
  private final InstantSource clock;

  /** Held while rows are looked for, so that nobody who wakes a worker may need it. */
  private final ReentrantLock roundLock = new ReentrantLock();

  private final Set<Object> taken = new HashSet<>(); // guarded by roundLock
  private int turn; // guarded by roundLock
  private boolean atBeginning = true; // guarded by roundLock

  private final ReentrantLock lock = new ReentrantLock();
  private int running; // guarded by lock
  private boolean again; // guarded by lock
  private volatile boolean closed;

  /**
   * @param chores what is to be done, any of it after any other
   * @param workers runs as many workers at once as {@code count}; not closed here
   * @param count how many workers there are at most
   */
  public Chores(List<? extends Chore<?>> chores, Executor workers, int count, InstantSource clock) {
    this.queues = chores.stream().<Queue<?>>map(Chores::newQueue).toList();
    this.workers = workers;
    this.count = count;
    this.clock = clock;
  }

  private static <T> Queue<T> newQueue(Chore<T> chore) {
    return new Queue<>(chore);
  }

  /**
   * Looks for work at once, and then every minute or, if this is shorter, that often.
   *
   * @param delay after which the first of it is due
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
  public void narInfoChanged(StorePathHash hash) {
    // none of the chores is about narinfos
  }

  /** Lets a worker look for work, or look again; returns at once. */
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
          drain(); // the first round had passed what came just before the wake
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

  /** Works to the end of a round, of which it returns whether all was looked for since it came. */
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
    try {
      done = task.queue().chore.run(task.item());
    } catch (IOException | RuntimeException e) {
      failure = e;
    } finally {
      ended(task, done, failure);
    }
  }

  private <T> void ended(Task<T> task, boolean done, @Nullable Exception failure) {
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
        "not {0}, will retry item={1} after={2} reason={3}",
        task.queue().chore.done(),
        String.valueOf(task.item()),
        delay,
        failure.toString());
  }

  /** The next thing to do in this round; empty at its end, when the next one begins. */
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
    while (!queue.ended) {
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
      if (queue.ended) {
        queue.notBefore = clock.instant().plus(queue.chore.pause());
      } else {
        queue.last = Optional.of(queue.page.get(queue.page.size() - 1));
      }
    } catch (IOException | RuntimeException e) {
      queue.ended = true;
      LOG.log(
          Level.WARNING,
          "could not search for items to be {0}, will retry reason={1}",
          queue.chore.done(),
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

  /** Lets every worker end with the item that it is at; does not wait for that. */
  @Override
  public void close() {
    closed = true;
  }
}
