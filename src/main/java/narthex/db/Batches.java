package narthex.db;

import java.util.ArrayList;
import java.util.List;

/** Splits what would be too much for one statement. */
final class Batches {
  /** Rows or parameters of one statement: far below the limits of both databases. */
  static final int ROWS_AT_ONCE = 500;

  private Batches() {}

  /** Splits a list, in order, into views of at most {@value #ROWS_AT_ONCE} elements. */
  static <T> List<List<T>> of(List<T> all) {
    List<List<T>> batches = new ArrayList<>();
    for (int from = 0; from < all.size(); from += ROWS_AT_ONCE) {
      batches.add(all.subList(from, Math.min(all.size(), from + ROWS_AT_ONCE)));
    }
    return batches;
  }
}
