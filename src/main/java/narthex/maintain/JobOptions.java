package narthex.maintain;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import narthex.maintain.JobRefusedException.Reason;
import narthex.nix.Amounts;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/** The options of a {@link Job} as text, by name. Remembers which were read. Not thread-safe. */
public final class JobOptions {
  private final Map<String, String> options;
  private final TreeSet<String> known = new TreeSet<>();

  /** These options; one without a value has an empty text. */
  public JobOptions(Map<String, String> options) {
    this.options = new TreeMap<>(options);
  }

  /**
   * Returns whether an option is set: {@code deep}, {@code deep=true}; not if it is {@code false}.
   *
   * @throws JobRefusedException if it has another value
   */
  public boolean isSet(String name) throws JobRefusedException {
    String value = find(name);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (!value.isEmpty() && !value.equals("true")) {
      throw wrong(name, "neither true nor false");
    }
    return true;
  }

  /**
   * Returns the text of an option; empty if it isn't set.
   *
   * @throws JobRefusedException if it has no value
   */
  public Optional<String> text(String name) throws JobRefusedException {
    String value = find(name);
    if (value != null && value.isEmpty()) {
      throw wrong(name, "has no value");
    }
    return Optional.ofNullable(value);
  }

  /**
   * Returns a size such as {@code 64MiB}; empty if the option isn't set.
   *
   * @throws JobRefusedException if it is not a size
   */
  public OptionalLong bytes(String name) throws JobRefusedException {
    Optional<Long> value = parsed(name, Amounts::parseBytes);
    return value.isPresent() ? OptionalLong.of(value.get()) : OptionalLong.empty();
  }

  /**
   * Returns a duration such as {@code 30d}; empty if the option isn't set.
   *
   * @throws JobRefusedException if it is not a duration
   */
  public Optional<Duration> duration(String name) throws JobRefusedException {
    return parsed(name, Amounts::parseDuration);
  }

  /**
   * Returns what a parser makes of an option; empty if the option isn't set.
   *
   * @param parser throws an {@link IllegalArgumentException} that says what is wrong
   * @throws JobRefusedException if the parser does
   */
  public <T> Optional<T> parsed(String name, Function<String, T> parser)
      throws JobRefusedException {
    Optional<String> value = text(name);
    try {
      return value.map(parser);
    } catch (IllegalArgumentException e) {
      throw wrong(name, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Ends reading.
   *
   * @throws JobRefusedException if there is an option that nothing has read
   */
  void requireAllRead() throws JobRefusedException {
    for (String name : options.keySet()) {
      if (!known.contains(name)) {
        throw new JobRefusedException(
            Reason.WRONG_OPTION,
            "unknown option "
                + OneLine.of(name)
                + (known.isEmpty() ? "" : "; options: " + String.join(", ", known)));
      }
    }
  }

  private @Nullable String find(String name) {
    known.add(name);
    return options.get(name);
  }

  private static JobRefusedException wrong(String name, String reason) {
    return new JobRefusedException(Reason.WRONG_OPTION, "option " + name + ": " + reason);
  }
}
