package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.serve.NarSource;

/** Answers GET with the bytes of a source of known length, or with a range of them. */
final class RangeResponder {
  private RangeResponder() {}

  /**
   * Sends what the Range header asks for.
   *
   * @param tag the entity tag of the bytes with its quotes; empty if not known
   */
  static void send(
      NarSource source,
      long length,
      String tag,
      HttpServletRequest request,
      HttpServletResponse response)
      throws IOException {
    ByteRange range = null;
    if (Preconditions.rangeCounts(request, tag)) {
      range = ByteRange.parse(request.getHeader("Range"), length);
    }
    if (range == ByteRange.UNSATISFIABLE) {
      response.setHeader("Content-Range", "bytes */" + length);
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE,
          "range not satisfiable");
      return;
    }
    if (range != null) {
      response.setStatus(HttpServletResponse.SC_PARTIAL_CONTENT);
      response.setHeader("Content-Range", range.contentRange(length));
    }
    NarBodySender.send(source, range == null ? new ByteRange(0, length) : range, request, response);
  }
}
