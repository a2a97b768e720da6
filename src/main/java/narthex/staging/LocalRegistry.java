package narthex.staging;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import narthex.blob.Extent;

/**
 * The registry of replicas in one process; of a server that is alone, it is the whole cluster.
 * Thread-safe.
 */
public final class LocalRegistry implements InFlightRegistry {
  /** How long the entries of an ended attempt stay. */
  private static final Duration LINGER = Duration.ofMinutes(1);

  private final Board board;
  private final String self;

  /**
   * Joins the replicas of a board.
   *
   * @param self a name that no other replica of the board had
   */
  public LocalRegistry(Board board, String self) {
    this.board = board;
    this.self = self;
    board.change("", () -> board.members.add(self));
  }

  /** What the replicas of one process share. Thread-safe. */
  public static final class Board {
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final CopyOnWriteArrayList<Watched> watchers = new CopyOnWriteArrayList<>();
    private final CopyOnWriteArrayList<Listening> listeners = new CopyOnWriteArrayList<>();
    private final Set<String> members = new HashSet<>(); // guarded by lock
    private final Map<String, Entry> entries = new HashMap<>(); // guarded by lock
    private final Deque<Ended> ended = new ArrayDeque<>(); // guarded by lock
    private final List<StagedFlight> waiting = new ArrayList<>(); // guarded by lock
    private long epoch; // guarded by lock

    /** An empty board. */
    public Board(InstantSource clock) {
      this.clock = clock;
    }

    private <T> T get(Supplier<T> question) {
      lock.lock();
      try {
        return question.get();
      } finally {
        lock.unlock();
      }
    }

    /** Changes the board, then tells who watches the flight; everybody, if its name is empty. */
    private <T> T change(String flight, Supplier<T> change) {
      T result =
          get(
              () -> {
                T changed = change.get();
                waiting.removeIf(this::announce);
                return changed;
              });
      for (Watched watched : watchers) {
        if (flight.isEmpty() || watched.flight().equals(flight)) {
          watched.changed().run();
        }
      }
      return result;
    }

    /** Lets an attempt count, unless another one is active or stored. Requires lock. */
    private boolean announce(StagedFlight attempt) {
      Entry entry = entries.get(attempt.flight());
      boolean counts =
          entry == null
              || (!isActive(entry.attempt) && entry.attempt.state() != StagedFlight.State.STORED);
      if (counts) {
        entries.put(attempt.flight(), new Entry(attempt));
      }
      return counts;
    }

    // requires lock
    private boolean isActive(StagedFlight attempt) {
      return attempt.state() == StagedFlight.State.ACTIVE && members.contains(attempt.holder());
    }

    // requires lock
    private void removeOld() {
      Instant now = clock.instant();
      while (!ended.isEmpty() && !ended.peek().removeAt().isAfter(now)) {
        StagedFlight old = ended.remove().attempt();
        Entry entry = entries.get(old.flight());
        if (entry != null && entry.attempt.isSameAttempt(old)) {
          entries.remove(old.flight());
        }
      }
    }
  }

  /** A flight; guarded by the lock of its board. */
  private static final class Entry {
    StagedFlight attempt;
    final Map<Integer, List<Extent>> batches = new HashMap<>();
    boolean isFollowed;

    Entry(StagedFlight attempt) {
      this.attempt = attempt;
    }
  }

  private record Watched(String flight, Runnable changed) {}

  private record Listening(String replica, Consumer<String> action) {}

  private record Ended(StagedFlight attempt, Instant removeAt) {}

  @Override
  public String self() {
    return self;
  }

  @Override
  public Set<String> members() {
    return board.get(() -> Set.copyOf(board.members));
  }

  @Override
  public Optional<String> fault() {
    return members().contains(self) ? Optional.empty() : Optional.of("the registry is closed");
  }

  @Override
  public StagedFlight claim(String flight) {
    return board.change(
        flight,
        () -> {
          board.removeOld();
          Entry entry = board.entries.get(flight);
          if (entry != null && isElsewhere(entry.attempt)) {
            return entry.attempt;
          }
          StagedFlight mine = StagedFlight.begin(flight, self, ++board.epoch);
          if (entry == null || !board.isActive(entry.attempt)) {
            board.entries.put(flight, new Entry(mine));
          }
          return mine;
        });
  }

  // requires the lock of the board
  private boolean isElsewhere(StagedFlight attempt) {
    return board.isActive(attempt) && !attempt.holder().equals(self);
  }

  @Override
  public StagedFlight offer(String flight) {
    return board.change(
        flight,
        () -> {
          StagedFlight mine = StagedFlight.begin(flight, self, ++board.epoch);
          Entry entry = board.entries.get(flight);
          if (entry != null && isElsewhere(entry.attempt) && entry.attempt.content() != null) {
            board.waiting.add(mine);
          } else {
            board.entries.put(flight, new Entry(mine));
          }
          return mine;
        });
  }

  @Override
  public void update(StagedFlight mine) {
    board.get(
        () -> {
          board.waiting.replaceAll(each -> each.isSameAttempt(mine) ? mine : each);
          return mine;
        });
    own(mine, entry -> entry.attempt = mine);
  }

  @Override
  public void release(StagedFlight mine) {
    board.get(() -> board.waiting.removeIf(mine::isSameAttempt));
    own(
        mine,
        entry -> {
          if (entry.isFollowed) {
            entry.attempt = mine;
            board.ended.add(new Ended(mine, board.clock.instant().plus(LINGER)));
          } else {
            board.entries.remove(mine.flight());
          }
        });
  }

  @Override
  public void publish(StagedFlight mine, int nth, List<Extent> extents) {
    List<Extent> batch = List.copyOf(extents);
    own(mine, entry -> entry.batches.put(nth, batch));
  }

  /** Changes the entry of an attempt, if it counts. */
  private interface Change {
    void apply(Entry entry);
  }

  private void own(StagedFlight attempt, Change change) {
    board.change(
        attempt.flight(),
        () -> {
          Entry entry = board.entries.get(attempt.flight());
          if (entry != null && entry.attempt.isSameAttempt(attempt)) {
            change.apply(entry);
          }
          return attempt;
        });
  }

  @Override
  public Optional<StagedFlight> find(String flight) {
    return board.get(
        () ->
            Optional.ofNullable(board.entries.get(flight))
                .map(entry -> entry.attempt)
                .filter(
                    attempt ->
                        attempt.state() != StagedFlight.State.ACTIVE || board.isActive(attempt)));
  }

  @Override
  public Optional<List<Extent>> batch(StagedFlight attempt, int nth) {
    return board.get(
        () ->
            Optional.ofNullable(board.entries.get(attempt.flight()))
                .filter(entry -> entry.attempt.isSameAttempt(attempt))
                .map(entry -> entry.batches.get(nth)));
  }

  @Override
  public void follow(StagedFlight attempt) {
    own(attempt, entry -> entry.isFollowed = true);
  }

  @Override
  public boolean isFollowed(StagedFlight mine) {
    return board.get(
        () -> {
          Entry entry = board.entries.get(mine.flight());
          return entry != null && entry.attempt.isSameAttempt(mine) && entry.isFollowed;
        });
  }

  @Override
  public Registration watch(String flight, Runnable changed) {
    Watched watched = new Watched(flight, changed);
    board.watchers.add(watched);
    return () -> board.watchers.remove(watched);
  }

  @Override
  public void announce(String change) {
    for (Listening listening : board.listeners) {
      if (!listening.replica().equals(self)) {
        listening.action().accept(change);
      }
    }
  }

  @Override
  public Registration listen(Consumer<String> action) {
    Listening listening = new Listening(self, action);
    board.listeners.add(listening);
    return () -> board.listeners.remove(listening);
  }

  @Override
  public void close() {
    board.change(
        "",
        () -> {
          board.waiting.removeIf(attempt -> attempt.holder().equals(self));
          return board.members.remove(self);
        });
  }
}
