package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import narthex.chunk.OpenWriters;
import narthex.db.CollectionTable;
import narthex.db.CollectionTable.Replica;
import narthex.db.CollectionTable.State;
import narthex.db.Database;

/**
 * Tells when all writers that began before the marks of a collection round have ended, on all
 * replicas. Each replica records in the database the last round that it passed. A replica that
 * hasn't recorded anything for {@link #SILENCE} no longer counts: if it still writes a NAR, that
 * NAR's commit fails where it refers to a removed chunk, and the NAR is stored again. Its last
 * record tells since when, so that a replica that has just started can tell, too; but its clock may
 * be wrong, so others first look whether another record comes. Thread-safe.
 */
public final class CollectionRounds {
  /** How often a replica should {@link #pass}. */
  public static final Duration PERIOD = Duration.ofSeconds(5);

  /** After this time without a record, a replica counts as gone. */
  static final Duration SILENCE = Duration.ofMinutes(5);

  /** How long to look for a record before a replica counts as gone. */
  static final Duration LOOK = PERIOD.multipliedBy(6);

  private static final System.Logger LOG = System.getLogger(CollectionRounds.class.getName());

  private final CollectionTable collection;
  private final OpenWriters writers;
  private final String self;
  private final InstantSource clock;

  private long seen; // guarded by this
  private long mark; // guarded by this
  private long passed; // guarded by this

  /** The beats of each replica, and since when they haven't changed; guarded by this. */
  private final Map<String, Beat> beats = new HashMap<>();

  private record Beat(long count, Instant since) {}

  /**
   * @param writers the writers of this replica
   * @param self the name of this replica
   */
  public CollectionRounds(
      Database database, OpenWriters writers, String self, InstantSource clock) {
    this.collection = database.collection();
    this.writers = writers;
    this.self = self;
    this.clock = clock;
  }

  /** Records whether this replica has passed the present round, and that it runs. Logs failures. */
  public void pass() {
    try {
      pass(collection.state());
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "collection round not recorded reason={0}", e.toString());
    }
  }

  /** Requests the next round at once. Logs failures. */
  public void want() {
    try {
      collection.want();
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "collection not requested reason={0}", e.toString());
    }
  }

  /** Records that this replica stops; its writers have ended. Logs failures. */
  public void leave() {
    try {
      collection.forget(self);
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.WARNING, "could not leave the collection reason={0}", e.toString());
    }
  }

  private synchronized void pass(State state) throws IOException {
    advance(state);
    collection.pass(self, passed, clock.instant());
  }

  private void advance(State state) {
    if (state.round() != seen) {
      seen = state.round();
      mark = writers.mark();
    }
    if (writers.haveEnded(mark)) {
      passed = seen;
    }
  }

  /**
   * Returns whether all writers of all replicas that began before the marks of this round have
   * ended. Asks the database only if those of this replica have.
   *
   * @throws IOException if the database fails
   */
  synchronized boolean haveAllPassed(State state) throws IOException {
    advance(state);
    if (passed < state.round()) {
      return false;
    }
    boolean all = true;
    List<Replica> replicas = collection.replicas();
    for (Replica replica : replicas) {
      if (replica.passed() < state.round() && !replica.replica().equals(self)) {
        if (isSilent(replica)) {
          collection.forget(replica.replica());
        } else {
          all = false;
        }
      }
    }
    beats.keySet().retainAll(replicas.stream().map(Replica::replica).toList());
    return all;
  }

  private boolean isSilent(Replica replica) {
    Instant now = clock.instant();
    Beat known = beats.get(replica.replica());
    if (known == null || known.count() != replica.beats()) {
      beats.put(replica.replica(), new Beat(replica.beats(), now));
      return false;
    }
    Instant last = Instant.ofEpochMilli(known.count());
    Instant silentSince = last.isBefore(known.since()) ? last : known.since();
    return !now.isBefore(known.since().plus(LOOK)) && !now.isBefore(silentSince.plus(SILENCE));
  }
}
