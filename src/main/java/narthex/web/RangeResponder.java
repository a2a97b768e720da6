package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import narthex.serve.NarSource;

/** Answers GET for a source of known length: 200, 206 for a range, or 416. */
final class RangeResponder {
  private RangeResponder() {}

  /**
   * Sends the range that the Range header requests, or the whole source.
   *
   * @param tag the entity tag with its quotes; empty if unknown
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
