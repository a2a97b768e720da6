package narthex.web;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A range of bytes of a body.
 *
 * @param from offset of the first byte
 * @param count number of bytes
 */
record ByteRange(long from, long count) {
  private static final Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** An unsatisfiable range; the response is 416. */
  static final ByteRange UNSATISFIABLE = new ByteRange(-1, 0);

  /**
   * Parses a Range header (RFC 9110, 14.2).
   *
   * @return null to send the whole body (no header, another unit, several ranges, or malformed);
   *     {@link #UNSATISFIABLE} if the range begins past the end
   */
  static @Nullable ByteRange parse(@Nullable String header, long length) {
    if (header == null) {
      return null;
    }
    Matcher matcher = SINGLE.matcher(header.trim());
    if (!matcher.matches()) {
      return null;
    }
    String first = matcher.group(1);
    String last = matcher.group(2);
    if (first.isEmpty()) {
      return last.isEmpty() ? null : suffix(Long.parseLong(last), length);
    }
    long from = Long.parseLong(first);
    long to = last.isEmpty() ? length - 1 : Math.min(Long.parseLong(last), length - 1);
    if (!last.isEmpty() && Long.parseLong(last) < from) {
      return null;
    }
    return from >= length ? UNSATISFIABLE : new ByteRange(from, to - from + 1);
  }

  private static ByteRange suffix(long count, long length) {
    if (count == 0 || length == 0) {
      return UNSATISFIABLE;
    }
    long sent = Math.min(count, length);
    return new ByteRange(length - sent, sent);
  }

  /** Returns the value of Content-Range for a body of this length. */
  String contentRange(long length) {
    return "bytes " + from + "-" + (from + count - 1) + "/" + length;
  }
}
