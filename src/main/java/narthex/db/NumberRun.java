package narthex.db;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Consecutive numbers.
 *
 * @param first the first
 * @param last the last, not before the first
 */
record NumberRun(long first, long last) {
  long length() {
    return last - first + 1;
  }

  /** Returns the runs of these numbers, in whatever order they come, none longer than this. */
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
}
