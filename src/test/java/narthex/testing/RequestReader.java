package narthex.testing;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the heads of HTTP/1.1 requests. */
final class RequestReader {
  private static final int MAX_LINE_BYTES = 16 * 1024;

  private RequestReader() {}

  /** Reads the next request; null if the client has closed the connection between two requests. */
  static @Nullable UpstreamRequest read(InputStream in) throws IOException {
    String first = readLine(in);
    if (first == null) {
      return null;
    }
    String[] words = first.split(" ");
    if (words.length != 3) {
      throw new IOException("not a request line: " + first);
    }
    Map<String, String> headers = new HashMap<>();
    while (true) {
      String line = readLine(in);
      if (line == null) {
        throw new EOFException("the head of the request is cut");
      }
      if (line.isEmpty()) {
        return new UpstreamRequest(words[0], words[1], headers);
      }
      int colon = line.indexOf(':');
      headers.put(
          line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
    }
  }

  private static @Nullable String readLine(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        return line.toString();
      }
      if (next != '\r') {
        line.append((char) next);
      }
      if (line.length() > MAX_LINE_BYTES) {
        throw new IOException("a line of the request is too long");
      }
    }
    return line.isEmpty() ? null : line.toString();
  }
}
