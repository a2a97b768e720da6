package narthex.staging;

import java.io.Closeable;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import narthex.blob.Extent;

/**
 * What the replicas of a cluster know of each other's flights. Thread-safe.
 *
 * <h2>A hint</h2>
 *
 * The registry only saves work. If it forgets, is late, or is split in two, a NAR is fetched twice;
 * no client gets a wrong byte. So no method throws because the cluster doesn't answer: each returns
 * within {@link #PATIENCE_MILLIS}, and says what a replica would know that is alone.
 *
 * <h2>How replicas use it</h2>
 *
 * A replica {@linkplain #claim claims} a flight before it fetches. The one that got it, the holder,
 * says {@linkplain #update what it stages}; and as soon as another replica {@linkplain #follow
 * follows}, it {@linkplain #publish publishes} the extents in the store, in numbered batches. The
 * others learn of changes by {@linkplain #watch events}, and then read what is there: {@link
 * #find}, {@link #batch} and {@link #isFollowed} read this replica's copy and don't wait.
 */
public interface InFlightRegistry extends Closeable {
  /** The version of the entries. Replicas of different versions must not join one cluster. */
  int WIRE_VERSION = 2;

  /** Longest time that a call waits for the cluster, in milliseconds. */
  int PATIENCE_MILLIS = 300;

  /** The name of this replica, unique to this start of it. Has no spaces. */
  String self();

  /** The names of the replicas that are connected now, this one included. */
  Set<String> members();

  /**
   * Returns why this replica takes no part in the cluster until it is restarted; empty while its
   * copy works, also if other replicas don't answer.
   */
  Optional<String> fault();

  /**
   * Claims a flight for this replica, unless an {@linkplain StagedFlight.State#ACTIVE active}
   * attempt of another replica that is connected counts. If the cluster doesn't answer, the attempt
   * is announced later, as in {@link #offer}. If this replica has an active attempt already, which
   * a client's upload {@linkplain #offer offered}, that one stays, and the new attempt never
   * counts.
   *
   * @return one of this replica, with an epoch greater than that of any attempt before; or the one
   *     of another replica, which counts
   */
  StagedFlight claim(String flight);

  /**
   * Claims a flight that this replica has in any case, as its bytes come from a client. Takes the
   * place of an attempt without {@linkplain StagedFlight#content content}, which may never get any.
   * If another replica has some, or the cluster doesn't answer, the attempt is announced as soon as
   * it can count, unless it is {@linkplain #release released} before.
   *
   * @return an attempt of this replica
   */
  StagedFlight offer(String flight);

  /**
   * Replaces this replica's own attempt, for example when its content is known. Does nothing if
   * another attempt counts by now.
   */
  void update(StagedFlight mine);

  /**
   * Ends this replica's own attempt, with {@link StagedFlight.State#STORED} or {@link
   * StagedFlight.State#FAILED}. Its entries stay for a minute for those who follow, then they are
   * removed. Does nothing if another attempt counts by now.
   */
  void release(StagedFlight mine);

  /**
   * The latest attempt at a flight; empty if there is none, or its holder is active but not
   * connected.
   */
  Optional<StagedFlight> find(String flight);

  /**
   * Publishes the next extents of this replica's own attempt.
   *
   * @param nth number of the batch; the first is 0
   */
  void publish(StagedFlight mine, int nth, List<Extent> extents);

  /** The batch of an attempt with this number; empty if it isn't published, or not known here. */
  Optional<List<Extent>> batch(StagedFlight attempt, int nth);

  /** Asks the holder of an attempt to publish its extents. */
  void follow(StagedFlight attempt);

  /** Whether another replica follows this attempt. */
  boolean isFollowed(StagedFlight mine);

  /**
   * Runs the action after each change of the flight: of its attempt, its batches, its followers, or
   * of the members. The action must return soon; it may run in several threads at once, and
   * although nothing changed. The caller closes the registration.
   */
  Registration watch(String flight, Runnable changed);

  /**
   * Announces a change to the other replicas. Doesn't wait for them; an announcement may be lost.
   *
   * @param change what changed; has no spaces
   */
  void announce(String change);

  /**
   * Runs the action with each change that another replica announces. The action must return soon;
   * it may run in several threads at once. The caller closes the registration.
   */
  Registration listen(Consumer<String> action);

  /** Ends a registration. */
  @FunctionalInterface
  interface Registration extends AutoCloseable {
    @Override
    void close();
  }

  /** Leaves the cluster. The active attempts of this replica no longer count. */
  @Override
  void close();
}
