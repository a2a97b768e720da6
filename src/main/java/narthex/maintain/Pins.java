package narthex.maintain;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.PinRow;
import narthex.db.PinTable;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The pins: store paths that are kept with everything that they refer to, directly or not.
 *
 * <h2>How</h2>
 *
 * The database has a row for each path of the closure of each pin. {@link #follow} completes the
 * closures by the references in the stored narinfos. Who stores a narinfo of such a path marks the
 * row, so that its references are followed again. As long as a closure isn't complete, nothing is
 * evicted; an eviction completes them first. So all replicas see a pin at once, and no moment is
 * left in which a part of a closure isn't kept. Thread-safe.
 */
public final class Pins {
  /** Paths whose references one transaction follows: it blocks other writers for a moment. */
  private static final int FOLLOW_AT_ONCE = 1000;

  private final PinTable table;
  private final InstantSource clock;

  /** Keeps the pins in this database. */
  public Pins(Database database, InstantSource clock) {
    this.table = database.pins();
    this.clock = clock;
  }

  /** Returns the pins that haven't expired, the oldest first. */
  public List<ListedPin> list() throws IOException {
    return table.list(clock.instant()).stream().map(ListedPin::of).toList();
  }

  /**
   * Makes a pin, or changes the name and expiry of an existing one. Fetches nothing.
   *
   * @param name for people; null for none
   * @param expiresAt when it ends; null for never
   */
  public void add(StorePathHash path, @Nullable String name, @Nullable Instant expiresAt)
      throws IOException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    table.store(new PinRow(path, name, now, expiresAt));
  }

  /**
   * Removes a pin, and nothing of what it kept.
   *
   * @return false if there is none
   */
  public boolean remove(StorePathHash path) throws IOException {
    boolean isRemoved = table.end(path, clock.instant());
    table.deleteExpired(clock.instant());
    return isRemoved;
  }

  /**
   * Finds a pin that keeps this path; the pin of the path itself first.
   *
   * @return empty if none does
   */
  Optional<PinRow> findKeeper(StorePathHash path) throws IOException {
    table.deleteExpired(clock.instant());
    follow();
    return table.findKeeper(path);
  }

  /** Deletes the pins that have expired, and completes the closures of the others. */
  void update() throws IOException {
    table.deleteExpired(clock.instant());
    table.followKnown();
    follow();
  }

  /** Completes all closures by the references in the stored narinfos. */
  void follow() throws IOException {
    Optional<StorePathHash> incomplete = table.findIncomplete();
    while (incomplete.isPresent()) {
      follow(incomplete.get(), Progress.SILENT);
      incomplete = table.findIncomplete();
    }
  }

  /** Completes the closure of one pin, or a part of it if the work is stopped. */
  void follow(StorePathHash pin, Progress progress) throws IOException {
    long done = 0;
    int followed = 1;
    while (followed > 0 && !progress.isStopped()) {
      followed = table.follow(pin, FOLLOW_AT_ONCE);
      done += followed;
      progress.at("paths", done, 0);
    }
  }

  /** The rows. */
  PinTable table() {
    return table;
  }
}
