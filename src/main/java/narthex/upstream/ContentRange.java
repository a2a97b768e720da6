package narthex.upstream;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header of a partial answer (RFC 9110, 14.4).
 *
 * @param from first byte of the part
 * @param length of the whole, if told
 */
record ContentRange(long from, OptionalLong length) {
  private static final Pattern BYTES =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

  /** Parses the header's value; null if it is missing or not understood. */
  static @Nullable ContentRange parse(@Nullable String value) {
    Matcher matcher = BYTES.matcher(value == null ? "" : value.trim());
    if (!matcher.matches()) {
      return null;
    }
    String length = matcher.group(2);
    return new ContentRange(
        Long.parseLong(matcher.group(1)),
        "*".equals(length) ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(length)));
  }
}
