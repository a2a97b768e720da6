package narthex.maintain;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.db.Database;
import narthex.db.PathTable;
import narthex.db.PathTable.Listed;
import narthex.db.PathTable.Order;
import narthex.db.PathTable.Place;
import narthex.db.PathTable.Shown;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * Lists and finds store paths for an administrator, as maps for JSON. A hash, the start of one, and
 * an order need an index only. A name needs a look at every path, so a search stops after some rows
 * and says where the next one goes on. Thread-safe.
 */
public final class Paths {
  /** Paths in an answer. */
  static final int PAGE = 50;

  /** Rows that one statement of a search by name reads. */
  private static final int ROWS_AT_ONCE = 5_000;

  /** Rows that one search by name reads. */
  static final int MOST_ROWS = 100_000;

  private static final String DIGITS = "[0-9abcdfghijklmnpqrsvwxyz]";
  private static final Pattern HASH = Pattern.compile("(?:.*/)?(" + DIGITS + "{32})(?:[-.].*)?");
  private static final Pattern START_OF_HASH = Pattern.compile(DIGITS + "{3,31}");
  private static final Pattern PLACE = Pattern.compile("(\\d{1,18})-([0-9a-z]{1,64})");

  private final PathTable table;

  /** Finds the paths in this database. */
  public Paths(Database database) {
    this.table = new PathTable(database);
  }

  /**
   * Lists stored NARs in an order.
   *
   * @param order {@code largest}, {@code used} or {@code most-used}
   * @param after the {@code next} of the page before; empty to begin
   * @return {@code paths}, and {@code next} unless this is the last page
   * @throws IllegalArgumentException if the order or the place is malformed
   */
  public Map<String, Object> list(String order, String after) throws IOException {
    Order by =
        switch (order) {
          case "largest" -> Order.LARGEST;
          case "used" -> Order.USED;
          case "most-used" -> Order.MOST_USED;
          default -> throw new IllegalArgumentException("none of largest, used and most-used");
        };
    List<Shown> paths = table.list(by, place(after), PAGE);
    Map<String, Object> page = page(paths);
    if (paths.size() == PAGE) {
      Shown last = paths.get(PAGE - 1);
      page.put("next", number(by, last) + "-" + last.narHash());
    }
    return page;
  }

  private static Place place(String after) {
    if (after.isEmpty()) {
      return Place.START;
    }
    Matcher place = PLACE.matcher(after);
    if (!place.matches()) {
      throw new IllegalArgumentException("not the next of a page");
    }
    return new Place(Long.parseLong(place.group(1)), place.group(2));
  }

  private static long number(Order order, Shown path) {
    Instant usedAt = path.usedAt();
    Long uses = path.uses();
    if (usedAt == null || uses == null) {
      throw new IllegalArgumentException("not stored: " + path);
    }
    return switch (order) {
      case LARGEST -> path.narBytes();
      case USED -> TimeUnit.SECONDS.toMinutes(usedAt.getEpochSecond());
      case MOST_USED -> uses;
    };
  }

  /**
   * Finds paths by a store path, a hash, the start of a hash, or a part of the name, ignoring case.
   *
   * @param after the {@code next} of the search before; empty to begin
   * @return {@code paths}, and {@code next} if there may be more
   */
  public Map<String, Object> search(String text, String after) throws IOException {
    String wanted = text.strip();
    Matcher hash = HASH.matcher(wanted);
    if (hash.matches()) {
      return page(table.show(List.of(hash.group(1))));
    }
    Set<String> found = new LinkedHashSet<>();
    if (after.isEmpty() && START_OF_HASH.matcher(wanted).matches()) {
      int missing = StorePathHash.LENGTH - wanted.length();
      found.addAll(
          table.findBetween(wanted + "0".repeat(missing), wanted + "z".repeat(missing), PAGE / 2));
    }
    String part = wanted.toLowerCase(Locale.ROOT);
    Scan scan = scan(after, found, path -> name(path).toLowerCase(Locale.ROOT).contains(part));
    return page(found, scan);
  }

  /**
   * Finds paths that refer to a path.
   *
   * @param after the {@code next} of the search before; empty to begin
   * @return {@code paths}, and {@code next} if there may be more
   */
  public Map<String, Object> referrers(StorePathHash hash, String after) throws IOException {
    String part = hash.text() + "-";
    Set<String> found = new LinkedHashSet<>();
    Scan scan =
        scan(
            after,
            found,
            path -> !path.hash().equals(hash.text()) && path.references().contains(part));
    return page(found, scan);
  }

  private static String name(Listed path) {
    return path.storePath().substring(path.storePath().indexOf(path.hash()) + path.hash().length());
  }

  private interface Test {
    boolean fits(Listed path);
  }

  /**
   * The end of a search.
   *
   * @param rows how many were read
   * @param next the last one; null if there are no more
   */
  private record Scan(long rows, @Nullable String next) {}

  /** Adds the hashes of fitting paths until there is a page of them, or enough rows were read. */
  private Scan scan(String after, Set<String> found, Test test) throws IOException {
    String last = after;
    long read = 0;
    List<Listed> rows;
    do {
      rows = table.list(last, ROWS_AT_ONCE);
      for (Listed row : rows) {
        last = row.hash();
        read++;
        if (test.fits(row)) {
          found.add(row.hash());
        }
        if (found.size() >= PAGE) {
          return new Scan(read, last);
        }
      }
    } while (rows.size() == ROWS_AT_ONCE && read < MOST_ROWS);
    return new Scan(read, rows.size() == ROWS_AT_ONCE ? last : null);
  }

  private Map<String, Object> page(Set<String> found, Scan scan) throws IOException {
    Map<String, Object> page = page(table.show(new ArrayList<>(found)));
    if (scan.next() != null) {
      page.put("next", scan.next());
    }
    page.put("searched", scan.rows());
    return page;
  }

  private static Map<String, Object> page(List<Shown> paths) {
    Map<String, Object> page = new LinkedHashMap<>();
    page.put("paths", paths.stream().map(Paths::json).toList());
    return page;
  }

  private static Map<String, Object> json(Shown path) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (path.storePath() != null) {
      json.put("path", path.storePath());
    }
    json.put("narHash", path.narHash());
    json.put("narBytes", path.narBytes());
    if (path.storedAt() != null) {
      json.put("storedAt", path.storedAt().toString());
    }
    if (path.usedAt() != null) {
      json.put("usedAt", path.usedAt().toString());
    }
    if (path.uses() != null) {
      json.put("uses", path.uses());
    }
    return json;
  }
}
