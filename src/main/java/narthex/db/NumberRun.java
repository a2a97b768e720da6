package narthex.db;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * A run of consecutive numbers.
 *
 * @param first the first number
 * @param last the last number, at least {@code first}
 */
record NumberRun(long first, long last) {
  /** Shortest run that is queried as a range. */
  private static final int SHORTEST = 8;

  /**
   * Numbers to query.
   *
   * @param runs long runs, each for one query
   * @param scattered the other numbers, sorted
   */
  record Split(List<NumberRun> runs, List<Long> scattered) {}

  long length() {
    return last - first + 1;
  }

  /** Splits numbers, in any order, into runs of at most this length. */
  static List<NumberRun> of(long[] numbers, int longest) {
    List<NumberRun> runs = new ArrayList<>();
    long first = 0;
    long last = -1;
    for (long number : LongStream.of(numbers).sorted().distinct().toArray()) {
      if (number != last + 1 || last - first + 1 >= longest) {
        if (last >= first) {
          runs.add(new NumberRun(first, last));
        }
        first = number;
      }
      last = number;
    }
    if (last >= first) {
      runs.add(new NumberRun(first, last));
    }
    return runs;
  }

  /** Splits numbers, in any order, into runs that are worth a query each, and the others. */
  static Split split(long[] numbers, int longest) {
    List<NumberRun> runs = new ArrayList<>();
    List<Long> scattered = new ArrayList<>();
    for (NumberRun run : of(numbers, longest)) {
      if (run.length() >= SHORTEST) {
        runs.add(run);
      } else {
        LongStream.rangeClosed(run.first(), run.last()).forEach(scattered::add);
      }
    }
    return new Split(runs, scattered);
  }
}
