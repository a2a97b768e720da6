package narthex.upstream;

import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Content-Range of a partial response (RFC 9110, 14.4).
 *
 * @param from offset of the first byte of the part
 * @param length length of the whole file in bytes; empty if the header has {@code *}
 */
record ContentRange(long from, OptionalLong length) {
  private static final Pattern BYTES =
      Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

  /** Parses the header's value; null if it is missing or malformed. */
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
