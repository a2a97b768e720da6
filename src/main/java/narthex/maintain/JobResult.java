package narthex.maintain;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a {@link Job} did. Immutable.
 *
 * @param verdict how it ended
 * @param figures numbers and texts by name, in the order in which they are shown; names are one
 *     word in camel case, such as {@code freedBytes}
 */
public record JobResult(Verdict verdict, Map<String, Object> figures) {
  /** How a job ended without failing. */
  public enum Verdict {
    /** It did all that was asked, and nothing is wrong. */
    DONE,
    /** It did all that was asked, and found something wrong. */
    PROBLEMS,
    /** Work remains: it was stopped, or not everything could be done. */
    UNFINISHED
  }

  /** Copies the figures. */
  public JobResult {
    figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
  }

  /** A result without figures yet. */
  public static JobResult of(Verdict verdict) {
    return new JobResult(verdict, Map.of());
  }

  /** Returns this result with one more figure. */
  public JobResult with(String name, long number) {
    return with(name, (Object) number);
  }

  /** Returns this result with one more figure. */
  public JobResult with(String name, String text) {
    return with(name, (Object) text);
  }

  private JobResult with(String name, Object value) {
    Map<String, Object> more = new LinkedHashMap<>(figures);
    more.put(name, value);
    return new JobResult(verdict, more);
  }
}
