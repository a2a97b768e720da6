package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import narthex.db.PinMapper.ClosureColumns;
import narthex.db.PinMapper.ListedPinColumns;
import narthex.db.PinMapper.PinColumns;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * The pins and their closures: the paths that narinfos refer to, from the pinned path on. A closure
 * has one row for each of its paths. A path with a row is pinned: its narinfo isn't deleted, and
 * its NAR isn't evicted. Nothing at all is evicted while {@linkplain #follow references are to be
 * followed}. Thread-safe.
 */
public final class PinTable {
  /** Rows that one transaction deletes. */
  private static final int DELETE_AT_ONCE = 5000;

  private final Transactions transactions;

  /**
   * The size of a closure, as far as it is known.
   *
   * @param paths all paths
   * @param unknown those without a narinfo
   * @param missing those without a narinfo or without a stored NAR
   */
  public record Closure(long paths, long unknown, long missing) {}

  /**
   * A pin with its closure.
   *
   * @param storePath the full store path; null if it has no narinfo
   */
  public record Listed(PinRow pin, @Nullable String storePath, Closure closure) {}

  PinTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Stores a pin, or the name and expiry of an existing one. All references of its closure are to
   * be followed afterwards.
   *
   * @throws DatabaseException if storing fails; changes nothing then
   */
  public void store(PinRow pin) throws IOException {
    String hash = pin.path().text();
    Instant expiresAt = pin.expiresAt();
    PinColumns columns =
        new PinColumns(
            hash,
            pin.name(),
            pin.createdAt().toEpochMilli(),
            expiresAt == null ? null : expiresAt.toEpochMilli());
    transactions.together(
        "store pin",
        hash,
        mappers -> {
          mappers.pins().store(columns);
          mappers.pins().add(hash, hash);
          mappers.pins().followAll(hash);
          return null;
        });
  }

  /**
   * Returns the pins that haven't expired, in the order in which they were made.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Listed> list(Instant now) throws IOException {
    return transactions.single(
        "list pins",
        "",
        mappers -> mappers.pins().list(now.toEpochMilli()).stream().map(PinTable::listed).toList());
  }

  private static Listed listed(ListedPinColumns row) {
    return new Listed(
        pin(new PinColumns(row.pathHash(), row.name(), row.createdAt(), row.expiresAt())),
        row.storePath(),
        new Closure(row.paths(), row.unknown(), row.missing()));
  }

  private static PinRow pin(PinColumns row) {
    Long expiresAt = row.expiresAt();
    return new PinRow(
        StorePathHash.parse(row.pathHash()),
        row.name(),
        Instant.ofEpochMilli(row.createdAt()),
        expiresAt == null ? null : Instant.ofEpochMilli(expiresAt));
  }

  /**
   * Finds a pin that keeps this path; the pin of the path itself first. It may have expired.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<PinRow> findKeeper(StorePathHash path) throws IOException {
    return transactions.single(
        "find pin",
        path.text(),
        mappers -> Optional.ofNullable(mappers.pins().findKeeper(path.text())).map(PinTable::pin));
  }

  /**
   * Counts the closure of a pin.
   *
   * @throws DatabaseException if the query fails
   */
  public Closure count(StorePathHash pin) throws IOException {
    ClosureColumns row =
        transactions.single(
            "count pinned paths", pin.text(), mappers -> mappers.pins().count(pin.text()));
    return new Closure(row.paths(), row.unknown(), row.missing());
  }

  /**
   * Ends a pin now. Its closure stays pinned until {@link #deleteExpired}.
   *
   * @return false if there is none, or it has expired
   * @throws DatabaseException if the transaction fails
   */
  public boolean end(StorePathHash pin, Instant now) throws IOException {
    return transactions.freeing(
        "end pin", pin.text(), mappers -> mappers.pins().end(pin.text(), now.toEpochMilli()) > 0);
  }

  /**
   * Deletes the pins that have expired, with the rows of their closures, in several transactions.
   *
   * @throws DatabaseException if a transaction fails; the next call goes on
   */
  public void deleteExpired(Instant now) throws IOException {
    long millis = now.toEpochMilli();
    String pin = findExpired(millis);
    while (pin != null) {
      String expired = pin;
      boolean isMore = true;
      while (isMore) {
        isMore =
            transactions.freeing(
                "delete pin", pin, mappers -> delete(mappers.pins(), expired, millis));
      }
      pin = findExpired(millis);
    }
  }

  private @Nullable String findExpired(long now) throws IOException {
    return transactions.single("find expired pin", "", mappers -> mappers.pins().findExpired(now));
  }

  /** Deletes some rows, or the pin itself; returns false after that. */
  private static boolean delete(PinMapper pins, String pin, long now) {
    if (pins.lockExpired(pin, now) == 0) { // pinned again
      return false;
    }
    boolean isMore = pins.deletePaths(pin, DELETE_AT_ONCE) == DELETE_AT_ONCE;
    if (!isMore) {
      pins.delete(pin);
    }
    return isMore;
  }

  /**
   * Finds a pin whose closure has references to be followed.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<StorePathHash> findIncomplete() throws IOException {
    return transactions.single(
        "find incomplete pin",
        "",
        mappers -> Optional.ofNullable(mappers.pins().findIncomplete()).map(StorePathHash::parse));
  }

  /**
   * Returns whether the closure of this pin has references to be followed.
   *
   * @throws DatabaseException if the query fails
   */
  public boolean isIncomplete(StorePathHash pin) throws IOException {
    return transactions.single(
        "look at pin",
        pin.text(),
        mappers -> !mappers.pins().findToFollow(pin.text(), 1).isEmpty());
  }

  /**
   * Adds to the closure of a pin what its paths refer to, for some of its paths.
   *
   * @param most about how many paths to follow
   * @return how many were followed; 0 if nothing is left
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public int follow(StorePathHash pin, int most) throws IOException {
    return transactions.freeing(
        "follow references",
        pin.text(),
        mappers -> new FollowReferences(mappers, pin.text(), most).run());
  }

  /**
   * Lets the references of paths be followed that had no narinfo before, and have one now. Storing
   * a narinfo does this too; this finds what it missed.
   *
   * @throws DatabaseException if the transaction fails
   */
  public void followKnown() throws IOException {
    transactions.freeing(
        "follow known paths",
        "",
        mappers -> {
          mappers.pins().followKnown();
          return null;
        });
  }

  /**
   * Finds paths of a closure that have no narinfo and weren't {@linkplain #giveUp given up}.
   *
   * @throws DatabaseException if the query fails
   */
  public List<StorePathHash> findUnknown(StorePathHash pin, int most) throws IOException {
    return transactions.single(
        "find unknown paths",
        pin.text(),
        mappers ->
            mappers.pins().findUnknown(pin.text(), most).stream()
                .map(StorePathHash::parse)
                .toList());
  }

  /**
   * Gives those of these paths up that are still unknown: {@link #findUnknown} no longer finds
   * them, until the pin is stored again.
   *
   * @param paths at most {@value Batches#ROWS_AT_ONCE}
   * @throws DatabaseException if the transaction fails
   */
  public void giveUp(StorePathHash pin, Collection<StorePathHash> paths) throws IOException {
    List<String> hashes = paths.stream().map(StorePathHash::text).sorted().toList();
    transactions.together(
        "give paths up",
        pin.text(),
        mappers -> {
          mappers.pins().giveUp(pin.text(), hashes);
          return null;
        });
  }

  /**
   * Finds paths of a closure that have a narinfo and no stored NAR, in order.
   *
   * @param after return only paths after this one; empty to start with the first
   * @throws DatabaseException if the query fails
   */
  public List<StorePathHash> findWithoutNar(
      StorePathHash pin, Optional<StorePathHash> after, int most) throws IOException {
    String start = after.map(StorePathHash::text).orElse("");
    return transactions.single(
        "find missing NARs",
        pin.text(),
        mappers ->
            mappers.pins().findWithoutNar(pin.text(), start, most).stream()
                .map(StorePathHash::parse)
                .toList());
  }
}
