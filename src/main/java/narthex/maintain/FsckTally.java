package narthex.maintain;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Finding.Outcome;

/** What a check has counted so far. Can be written as text and read again. Not thread-safe. */
final class FsckTally {
  private static final String CHECKED = "checked.";
  private static final String FOUND = "found.";
  private static final String REPAIRED = "repaired.";
  private static final String UNCHECKED = "unchecked";
  private static final String UNREPAIRED = "unrepaired";
  private static final String BYTES = "bytes";

  private final Map<String, Long> counts = new TreeMap<>();

  /** Reads what {@link #print} wrote; ignores what it doesn't understand. */
  static FsckTally parse(String text) {
    FsckTally tally = new FsckTally();
    for (String count : text.split(" ", -1)) {
      int equals = count.indexOf('=');
      if (equals > 0) {
        try {
          tally.add(count.substring(0, equals), Long.parseLong(count.substring(equals + 1)));
        } catch (NumberFormatException e) {
          continue; // written by another version
        }
      }
    }
    return tally;
  }

  String print() {
    return counts.entrySet().stream()
        .map(count -> count.getKey() + "=" + count.getValue())
        .collect(Collectors.joining(" "));
  }

  private void add(String name, long count) {
    counts.merge(name, count, Long::sum);
  }

  private long get(String name) {
    return counts.getOrDefault(name, 0L);
  }

  /** Counts an item of a step. */
  void checked(FsckStep step) {
    add(CHECKED + step.name(), 1);
  }

  long checkedOf(FsckStep step) {
    return get(CHECKED + step.name());
  }

  /** Counts an item that could not be read. */
  void unchecked() {
    add(UNCHECKED, 1);
  }

  void found(Kind kind) {
    add(FOUND + kind.text(), 1);
  }

  void repaired(Outcome outcome) {
    add(REPAIRED + outcome.text(), 1);
  }

  /** Counts a repair that failed. */
  void unrepaired() {
    add(UNREPAIRED, 1);
  }

  void read(long bytes) {
    add(BYTES, bytes);
  }

  long repairedSoFar(Outcome outcome) {
    return get(REPAIRED + outcome.text());
  }

  /** Returns the counts. */
  FsckResult result(boolean isEnded) {
    return new FsckResult(
        isEnded,
        below(CHECKED),
        below(FOUND),
        below(REPAIRED),
        get(UNCHECKED),
        get(UNREPAIRED),
        get(BYTES));
  }

  private Map<String, Long> below(String prefix) {
    Map<String, Long> some = new TreeMap<>();
    counts.forEach(
        (name, count) -> {
          if (name.startsWith(prefix)) {
            some.put(name.substring(prefix.length()), count);
          }
        });
    return some;
  }
}
