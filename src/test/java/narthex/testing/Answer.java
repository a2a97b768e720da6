package narthex.testing;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A planned response: starts as a correct one, may be changed by a fault, then is sent. For one
 * thread.
 */
final class Answer {
  enum Framing {
    CONTENT_LENGTH,
    CHUNKED,
    UNTIL_CLOSE
  }

  enum Ending {
    WELL,
    CLOSED,
    RESET
  }

  final UpstreamRequest request;
  final Map<String, String> headers = new LinkedHashMap<>();
  int status;
  Body body;
  boolean rangesHonoured = true;
  @Nullable String contentRangeLie;
  Framing framing = Framing.CONTENT_LENGTH;
  Ending ending = Ending.WELL;
  boolean silent;
  byte @Nullable [] garbage;
  long stopAfterBytes = Long.MAX_VALUE;
  long declaredExtraBytes;
  @Nullable Gate headerGate;
  @Nullable Gate bodyGate;
  long gateAfterBytes;
  long from;
  long count;

  Answer(UpstreamRequest request, int status, Body body) {
    this.request = request;
    this.status = status;
    this.body = body;
  }

  /** Replaces the response by a status with a line of text. */
  void become(int newStatus) {
    status = newStatus;
    headers.clear();
    headers.put("Content-Type", "text/plain");
    body =
        Body.ofBytes(
            ("status " + newStatus + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /** Applies the requested range to a correct response, and sets the headers that depend on it. */
  void resolveRange() throws IOException {
    from = 0;
    count = body.length();
    if (status != 200) {
      return;
    }
    headers.putIfAbsent("ETag", body.entityTag());
    if (!rangesHonoured) {
      return;
    }
    headers.put("Accept-Ranges", "bytes");
    String range = request.range().orElse("");
    String ifRange = request.header("if-range").orElse(headers.get("ETag"));
    if (!range.startsWith("bytes=") || range.contains(",") || !headers.containsValue(ifRange)) {
      return;
    }
    cut(range.substring("bytes=".length()));
  }

  private void cut(String range) throws IOException {
    long length = body.length();
    int dash = range.indexOf('-');
    String first = range.substring(0, dash);
    String last = range.substring(dash + 1);
    long start =
        first.isEmpty() ? Math.max(0, length - Long.parseLong(last)) : Long.parseLong(first);
    long end =
        first.isEmpty() || last.isEmpty() ? length - 1 : Math.min(length - 1, Long.parseLong(last));
    if (start >= length || start > end) {
      become(416);
      headers.put("Content-Range", "bytes */" + length);
      count = body.length();
      return;
    }
    status = 206;
    from = start;
    count = end - start + 1;
    String truth = "bytes " + start + "-" + end + "/" + length;
    headers.put("Content-Range", contentRangeLie == null ? truth : contentRangeLie);
  }
}
