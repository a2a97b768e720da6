package narthex.nix;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads sizes and durations as people write them, in settings and on the command line. */
public final class Amounts {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})\\s*(B|KiB|MiB|GiB|TiB)?");
  private static final Map<String, Integer> SIZE_SHIFTS =
      Map.of("B", 0, "KiB", 10, "MiB", 20, "GiB", 30, "TiB", 40);

  private Amounts() {}

  /**
   * Reads a duration such as {@code 500ms}, {@code 30s}, {@code 5m}, {@code 2h}, {@code 7d} or
   * {@code PT1M30S}.
   *
   * @throws IllegalArgumentException if it is anything else; the message doesn't contain the text
   */
  public static Duration parseDuration(String text) {
    Matcher matcher = DURATION.matcher(text);
    try {
      if (!matcher.matches()) {
        return Duration.parse(text);
      }
      long count = Long.parseLong(group(matcher, 1));
      return switch (group(matcher, 2)) {
        case "ms" -> Duration.ofMillis(count);
        case "s" -> Duration.ofSeconds(count);
        case "m" -> Duration.ofMinutes(count);
        case "h" -> Duration.ofHours(count);
        default -> Duration.ofDays(count);
      };
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException("not a duration");
    }
  }

  /**
   * Reads a number of bytes such as {@code 1000}, {@code 512KiB}, {@code 64MiB} or {@code 2GiB}.
   *
   * @throws IllegalArgumentException if it is anything else, or more than a {@code long}; the
   *     message doesn't contain the text
   */
  public static long parseBytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a size");
    }
    String unit = matcher.group(2);
    int shift = unit == null ? 0 : SIZE_SHIFTS.getOrDefault(unit, 0);
    long count = Long.parseLong(group(matcher, 1));
    if (count > Long.MAX_VALUE >> shift) {
      throw new IllegalArgumentException("out of range");
    }
    return count << shift;
  }

  private static String group(Matcher matcher, int number) {
    return String.valueOf(matcher.group(number));
  }
}
