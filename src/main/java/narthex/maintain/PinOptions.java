package narthex.maintain;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import narthex.maintain.JobRefusedException.Reason;
import narthex.nix.Amounts;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;

/** Reads the options of the jobs that change pins. */
final class PinOptions {
  static final String PATH = "path";

  private static final int MAX_NAME_LENGTH = 200;
  private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

  private PinOptions() {}

  /**
   * Reads a store path: {@code /nix/store/<hash>-<name>}, {@code <hash>-<name>} or its hash.
   *
   * @throws JobRefusedException if it is missing or anything else
   */
  static StorePathHash path(JobOptions options) throws JobRefusedException {
    return findPath(options)
        .orElseThrow(() -> new JobRefusedException(Reason.WRONG_OPTION, "option path: is missing"));
  }

  /**
   * Reads a store path like {@link #path}; empty if the option isn't set.
   *
   * @throws JobRefusedException if it is malformed
   */
  static Optional<StorePathHash> findPath(JobOptions options) throws JobRefusedException {
    return options.parsed(PATH, PinOptions::parsePath);
  }

  private static StorePathHash parsePath(String text) {
    String base = text.substring(text.lastIndexOf('/') + 1);
    int dash = base.indexOf('-');
    return StorePathHash.parse(dash < 0 ? base : base.substring(0, dash));
  }

  /**
   * Reads the name of a pin.
   *
   * @throws JobRefusedException if it is blank, too long, or has control characters
   */
  static Optional<String> name(JobOptions options) throws JobRefusedException {
    return options.parsed("name", PinOptions::checkName);
  }

  private static String checkName(String name) {
    if (name.isBlank() || name.length() > MAX_NAME_LENGTH || !OneLine.of(name).equals(name)) {
      throw new IllegalArgumentException("not one line of 1 to " + MAX_NAME_LENGTH + " characters");
    }
    return name;
  }

  /**
   * Reads when a pin ends: a time such as {@code 2027-01-31T12:00:00Z}, a day, at whose beginning
   * in UTC it ends, or how long it lasts, such as {@code 30d}.
   *
   * @throws JobRefusedException if it is anything else, or not in the future
   */
  static Optional<Instant> expires(JobOptions options, InstantSource clock)
      throws JobRefusedException {
    return options.parsed("expires", text -> parseEnd(text, clock.instant()));
  }

  private static Instant parseEnd(String text, Instant now) {
    Instant end = parseTime(text, now);
    if (!end.isAfter(now)) {
      throw new IllegalArgumentException("not in the future");
    }
    if (end.isAfter(LATEST)) {
      throw new IllegalArgumentException("too far in the future");
    }
    return end;
  }

  private static Instant parseTime(String text, Instant now) {
    try {
      if (text.indexOf('T') > 0) {
        return Instant.parse(text);
      }
      if (text.indexOf('-') > 0) {
        return LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
      }
      return now.plus(Amounts.parseDuration(text));
    } catch (DateTimeException | ArithmeticException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "neither a time such as 2027-01-31T12:00:00Z, nor a day, nor a duration such as 30d");
    }
  }
}
