package narthex.nix;

import java.time.DateTimeException;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads sizes and durations as people write them, in settings and on the command line. */
public final class Amounts {
  private static final Pattern DURATION = Pattern.compile("([0-9]{1,12})\\s*(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})\\s*([A-Za-z]*)");

  /** The units of IEC 80000-13 and SI. */
  private static final Map<String, Long> SIZE_UNITS =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("B", 1L),
          Map.entry("KiB", 1L << 10),
          Map.entry("MiB", 1L << 20),
          Map.entry("GiB", 1L << 30),
          Map.entry("TiB", 1L << 40),
          Map.entry("kB", 1_000L),
          Map.entry("MB", 1_000_000L),
          Map.entry("GB", 1_000_000_000L),
          Map.entry("TB", 1_000_000_000_000L));

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
   * Reads a number of bytes such as {@code 1000}, {@code 512KiB}, {@code 2GiB} or {@code 2GB}.
   *
   * @throws IllegalArgumentException if it is anything else, or more than a {@code long}; the
   *     message doesn't contain the text
   */
  public static long parseBytes(String text) {
    Matcher matcher = SIZE.matcher(text);
    Long unit = matcher.matches() ? SIZE_UNITS.get(group(matcher, 2)) : null;
    if (unit == null) {
      throw new IllegalArgumentException("not a size such as 512KiB, 2GiB or 2GB");
    }
    try {
      return Math.multiplyExact(Long.parseLong(group(matcher, 1)), unit);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("out of range", e);
    }
  }

  private static String group(Matcher matcher, int number) {
    return String.valueOf(matcher.group(number));
  }
}
