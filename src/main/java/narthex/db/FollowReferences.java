package narthex.db;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import narthex.db.PinMapper.ReferenceColumns;
import narthex.nix.StorePathHash;

/**
 * Adds to the closure of a pin what its paths refer to; one attempt, in one transaction, for a
 * limited number of paths. The rest is left to the next call: the state of each row tells whether
 * its references were followed. So memory and the transaction stay small, however deep and large
 * the closure is, and cycles end.
 *
 * <h2>Races</h2>
 *
 * A path is marked as followed before its narinfo is read. {@link StoreFetchedNarInfo} and {@link
 * StoreUploadedNarInfo} store a narinfo, then mark the path to be followed again: they wait for
 * this transaction, or this one waits for theirs. If a path is added in the moment between their
 * marking and their commit (PostgreSQL only), it counts as unknown until {@link
 * PinMapper#followKnown} finds its narinfo.
 */
final class FollowReferences {
  private final PinMapper pins;
  private final String pin;
  private final int most;
  private final Deque<String> frontier = new ArrayDeque<>();
  private final Set<String> seen = new HashSet<>();

  /**
   * @param most most paths to follow
   */
  FollowReferences(Mappers mappers, String pin, int most) {
    this.pins = mappers.pins();
    this.pin = pin;
    this.most = most;
  }

  /** Returns the number of followed paths; 0 if nothing is left, or the pin is gone. */
  int run() {
    if (pins.lock(pin) == 0) {
      return 0;
    }
    List<String> first = pins.findToFollow(pin, Math.min(most, Batches.ROWS_AT_ONCE));
    if (!first.isEmpty()) {
      pins.setState(pin, first, PinMapper.FOLLOWED);
      begin(first);
    }
    int followed = 0;
    while (!frontier.isEmpty()) {
      List<String> some = new ArrayList<>();
      while (!frontier.isEmpty() && some.size() < Batches.ROWS_AT_ONCE) {
        some.add(frontier.removeFirst());
      }
      followed += some.size();
      add(references(some), followed);
    }
    return followed;
  }

  private void begin(Collection<String> paths) {
    frontier.addAll(paths);
    seen.addAll(paths);
  }

  /** Returns the hashes of what these paths refer to and what hasn't been seen yet. */
  private List<String> references(List<String> paths) {
    Set<String> unknown = new LinkedHashSet<>(paths);
    Set<String> references = new LinkedHashSet<>();
    for (ReferenceColumns row : pins.findReferences(paths)) {
      unknown.remove(row.storePathHash());
      for (String reference : row.refs().split(" ")) {
        if (reference.length() > StorePathHash.LENGTH) {
          references.add(reference.substring(0, StorePathHash.LENGTH));
        }
      }
    }
    if (!unknown.isEmpty()) {
      pins.setState(pin, unknown, PinMapper.UNKNOWN);
    }
    references.removeAll(seen);
    return List.copyOf(references);
  }

  /** Adds paths; as many as fit are followed by this transaction. */
  private void add(List<String> paths, int followed) {
    for (List<String> some : Batches.of(paths)) {
      boolean isRoom = followed + frontier.size() < most;
      List<String> added =
          pins.addNew(pin, some, isRoom ? PinMapper.FOLLOWED : PinMapper.TO_FOLLOW);
      seen.addAll(some);
      if (isRoom) {
        frontier.addAll(added);
      }
    }
  }
}
