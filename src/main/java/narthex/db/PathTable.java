package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import narthex.db.PathMapper.PathColumns;
import narthex.db.PathMapper.ShownColumns;
import org.jspecify.annotations.Nullable;

/** Finds store paths for an administrator, by indexed and bounded statements. Thread-safe. */
public final class PathTable {
  private final Transactions transactions;

  /** Finds the paths in this database. */
  public PathTable(Database database) {
    this.transactions = database.transactions;
  }

  /**
   * A store path as it lies in the database.
   *
   * @param references the base names of its references, separated by spaces
   */
  public record Listed(String hash, String storePath, String references) {}

  /**
   * A store path and its NAR.
   *
   * @param storePath null if no narinfo names the NAR
   * @param storedAt when the NAR was stored; null if it isn't
   * @param usedAt when it was last used, to the minute; null if it isn't stored
   * @param uses in how many minutes it was used since it was stored; null if it isn't
   */
  public record Shown(
      @Nullable String storePath,
      String narHash,
      long narBytes,
      @Nullable Instant storedAt,
      @Nullable Instant usedAt,
      @Nullable Long uses) {}

  /** By what NARs are ordered. */
  public enum Order {
    /** The largest first. */
    LARGEST,
    /** The last used first. */
    USED,
    /** Those first that were used in the most minutes. */
    MOST_USED
  }

  /**
   * A place in an order.
   *
   * @param number the size in bytes, the last use in minutes, or the number of uses
   */
  public record Place(long number, String narHash) {
    /** The place before all others. */
    public static final Place START = new Place(Long.MAX_VALUE, "");
  }

  /**
   * Returns some store paths, in the order of their hashes.
   *
   * @param after returns only paths after this hash; empty to begin
   * @throws DatabaseException if the query fails
   */
  public List<Listed> list(String after, int most) throws IOException {
    return transactions.single(
        "list paths",
        after,
        mappers -> mappers.paths().findAfter(after, most).stream().map(PathTable::listed).toList());
  }

  private static Listed listed(PathColumns row) {
    return new Listed(row.storePathHash(), row.storePath(), row.refs());
  }

  /**
   * Finds the hashes between two others, both included.
   *
   * @throws DatabaseException if the query fails
   */
  public List<String> findBetween(String first, String last, int most) throws IOException {
    return transactions.single(
        "find paths", first, mappers -> mappers.paths().findBetween(first, last, most));
  }

  /**
   * Returns the store paths with these hashes, ordered by name.
   *
   * @param hashes at most {@value Batches#ROWS_AT_ONCE}; unknown ones are left out
   * @throws DatabaseException if the query fails
   */
  public List<Shown> show(List<String> hashes) throws IOException {
    if (hashes.isEmpty()) {
      return List.of();
    }
    return transactions.single(
        "show paths",
        hashes.get(0),
        mappers ->
            mappers.paths().show(hashes).stream()
                .map(PathTable::shown)
                .sorted(Comparator.comparing(PathTable::name))
                .toList());
  }

  /** What comes after the hash. */
  private static String name(Shown path) {
    String text = String.valueOf(path.storePath());
    return text.substring(text.indexOf('-') + 1);
  }

  /**
   * Returns stored NARs in an order.
   *
   * @throws DatabaseException if the query fails
   */
  public List<Shown> list(Order order, Place after, int most) throws IOException {
    return transactions.single(
        "list nars",
        after.narHash(),
        mappers -> {
          PathMapper paths = mappers.paths();
          List<ShownColumns> rows =
              switch (order) {
                case LARGEST -> paths.findLargest(after.number(), after.narHash(), most);
                case USED -> paths.findUsed(after.number(), after.narHash(), most);
                case MOST_USED -> paths.findMostUsed(after.number(), after.narHash(), most);
              };
          return rows.stream().map(PathTable::shown).toList();
        });
  }

  private static Shown shown(ShownColumns row) {
    Long storedAt = row.storedAt();
    Long usedAt = row.usedAt();
    return new Shown(
        row.storePath(),
        row.narHash(),
        row.narSize(),
        storedAt == null ? null : Instant.ofEpochMilli(storedAt),
        usedAt == null ? null : Instant.ofEpochSecond(TimeUnit.MINUTES.toSeconds(usedAt)),
        row.uses());
  }
}
