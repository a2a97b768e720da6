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
import narthex.ingest.NarStoredListener;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * Does chores, NAR by NAR, with a few workers.
 *
 * <h2>Problem</h2>
 *
 * NARs come at any time, and thousands may wait. Each has its turn, whatever comes meanwhile, and
 * one that always fails holds up no other; nothing may be lost by a stop, and nothing runs when
 * nothing waits.
 *
 * <h2>How</h2>
 *
 * The rows are the queue. Workers go through it in rounds, from the first NAR to the last, the
 * chores by turns; what fails is put off for a while, longer each time. Whoever stores a NAR wakes
 * a worker; if all are awake, another round follows this one. A look every now and then finds what
 * has become due, or was stored by another replica.
 *
 * <p>Safe for use by several threads. After it was closed it does nothing more.
 */
public final class Chores implements NarStoredListener, Closeable {
  private static final System.Logger LOG = System.getLogger(Chores.class.getName());

  /** NARs that are found at once. */
  private static final int PAGE = 100;

  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);
  private static final Duration SHORTEST_DELAY = Duration.ofMinutes(1);
  private static final Duration LONGEST_DELAY = Duration.ofHours(4);

  /** Bounds the memory of failures; beyond it they are tried again in every round. */
  private static final int MOST_PUT_OFF = 10_000;

  /** A NAR that failed: not before this time again, and how long it waited for it. */
  private record PutOff(Instant until, Duration delay) {}

  /** How far the round has come with one chore. All but the chore is guarded by roundLock. */
  private static final class Queue {
    final Chore chore;
    final Map<Sha256, PutOff> putOff = new HashMap<>();
    List<Sha256> page = List.of();
    int next;
    Optional<Sha256> last = Optional.empty();
    boolean ended;
    int done;

    Queue(Chore chore) {
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

  private record Task(Queue queue, Sha256 narHash) {}

  private final List<Queue> queues;
  private final Executor workers;
  private final int count;
  private final InstantSource clock;

  /** Held while rows are looked for, so that nobody who wakes a worker may need it. */
  private final ReentrantLock roundLock = new ReentrantLock();

  private final Set<Sha256> taken = new HashSet<>(); // guarded by roundLock
  private int turn; // guarded by roundLock

  private final ReentrantLock lock = new ReentrantLock();
  private int running; // guarded by lock
  private boolean again; // guarded by lock
  private volatile boolean closed;

  /**
   * @param chores what is to be done, any of it after any other
   * @param workers runs as many workers at once as {@code count}; not closed here
   * @param count how many workers there are at most
   */
  public Chores(List<? extends Chore> chores, Executor workers, int count, InstantSource clock) {
    this.queues = chores.stream().map(Queue::new).toList();
    this.workers = workers;
    this.count = count;
    this.clock = clock;
  }

  /**
   * Looks for work at once, and then every minute or, if this is shorter, that often.
   *
   * @param delay after which some of it is due
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
        drain();
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

  /** Works to the end of the round. */
  private void drain() {
    Optional<Task> task;
    while ((task = take()).isPresent()) {
      run(task.get());
    }
  }

  private void run(Task task) {
    boolean done = false;
    Exception failure = null;
    try {
      done = task.queue().chore.run(task.narHash());
    } catch (IOException | RuntimeException e) {
      failure = e;
    } finally {
      ended(task, done, failure);
    }
  }

  private void ended(Task task, boolean done, @Nullable Exception failure) {
    roundLock.lock();
    try {
      taken.remove(task.narHash());
      task.queue().done += done ? 1 : 0;
      if (failure == null) {
        task.queue().putOff.remove(task.narHash());
      } else if (!closed) {
        putOff(task, failure);
      }
    } finally {
      roundLock.unlock();
    }
  }

  private void putOff(Task task, Exception failure) {
    Map<Sha256, PutOff> putOff = task.queue().putOff;
    PutOff before = putOff.get(task.narHash());
    Duration delay = before == null ? SHORTEST_DELAY : before.delay().multipliedBy(2);
    delay = delay.compareTo(LONGEST_DELAY) > 0 ? LONGEST_DELAY : delay;
    if (before != null || putOff.size() < MOST_PUT_OFF) {
      putOff.put(task.narHash(), new PutOff(clock.instant().plus(delay), delay));
    }
    LOG.log(
        Level.WARNING,
        "nar not {0}, tried again later hash={1} after={2} reason={3}",
        task.queue().chore.done(),
        task.narHash().nix32(),
        delay,
        failure.toString());
  }

  /** The next thing to do in this round; empty at its end, when the next one begins. */
  private Optional<Task> take() {
    roundLock.lock();
    try {
      for (int i = 0; i < queues.size() && !closed; i++) {
        Queue queue = queues.get(turn);
        turn = (turn + 1) % queues.size();
        Optional<Task> task = take(queue);
        if (task.isPresent()) {
          taken.add(task.get().narHash());
          return task;
        }
      }
      endRound();
      return Optional.empty();
    } finally {
      roundLock.unlock();
    }
  }

  private Optional<Task> take(Queue queue) {
    while (!queue.ended) {
      while (queue.next < queue.page.size()) {
        Sha256 narHash = queue.page.get(queue.next++);
        PutOff putOff = queue.putOff.get(narHash);
        boolean isDue = putOff == null || !clock.instant().isBefore(putOff.until());
        if (isDue && !taken.contains(narHash)) {
          return Optional.of(new Task(queue, narHash));
        }
      }
      turnPage(queue);
    }
    return Optional.empty();
  }

  private static void turnPage(Queue queue) {
    try {
      queue.page = queue.chore.find(queue.last, PAGE);
      queue.next = 0;
      queue.ended = queue.page.isEmpty();
      if (!queue.ended) {
        queue.last = Optional.of(queue.page.get(queue.page.size() - 1));
      }
    } catch (IOException | RuntimeException e) {
      queue.ended = true;
      LOG.log(
          Level.WARNING,
          "nars that wait to be {0} cannot be found, tried again later reason={1}",
          queue.chore.done(),
          e.toString());
    }
  }

  private void endRound() {
    List<String> done = new ArrayList<>();
    for (Queue queue : queues) {
      if (queue.done > 0) {
        done.add(queue.done + " " + queue.chore.done());
      }
      queue.rewind();
    }
    if (!done.isEmpty()) {
      LOG.log(Level.INFO, "background round ended nars={0}", String.join(", ", done));
    }
  }

  /** Lets every worker end with the NAR that it is at; does not wait for that. */
  @Override
  public void close() {
    closed = true;
  }
}
