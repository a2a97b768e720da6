package narthex.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;

/**
 * A way in which a response goes wrong. Offsets count bytes of the response body (of a 206: of the
 * part sent); {@link #flipByte} counts in the whole resource. Immutable; combine faults with {@link
 * #and}.
 */
public final class Fault {
  @FunctionalInterface
  private interface Bend {
    void bend(Answer answer) throws IOException;
  }

  private enum Reach {
    BODY,
    ANY_METHOD
  }

  private final String name;
  private final Reach reach;
  private final Bend bend;

  private Fault(String name, Reach reach, Bend bend) {
    this.name = name;
    this.reach = reach;
    this.bend = bend;
  }

  /**
   * Closes the connection (FIN) after so many bytes of the body; 0 means just after the headers.
   */
  public static Fault cutAfter(long bytes) {
    return body("cut after " + bytes, a -> stop(a, bytes, Answer.Ending.CLOSED));
  }

  /** Closes the connection (FIN) without sending anything. */
  public static Fault cutBeforeHeaders() {
    return any("cut before headers", a -> silence(a, Answer.Ending.CLOSED));
  }

  /**
   * Resets the connection (RST) after so many bytes of the body; the client may miss the last ones.
   */
  public static Fault resetAfter(long bytes) {
    return body("reset after " + bytes, a -> stop(a, bytes, Answer.Ending.RESET));
  }

  /** Resets the connection (RST) without sending anything. */
  public static Fault resetBeforeHeaders() {
    return any("reset before headers", a -> silence(a, Answer.Ending.RESET));
  }

  /** Omits the last bytes of the body, with a matching Content-Length: a clean end. */
  public static Fault shortBody(long missingBytes) {
    return body(
        "short by " + missingBytes,
        a -> a.body = Body.withLength(a.body, Math.max(0, a.body.length() - missingBytes)));
  }

  /** Adds zero bytes to the body, with a matching Content-Length: a clean end. */
  public static Fault longBody(int extraBytes) {
    return body(
        "long by " + extraBytes,
        a -> a.body = Body.withLength(a.body, a.body.length() + extraBytes));
  }

  /** Announces a Content-Length that is too large by so many bytes, then closes the connection. */
  public static Fault contentLengthTooLarge(long bytes) {
    return body(
        "Content-Length too large by " + bytes,
        a -> {
          a.declaredExtraBytes = bytes;
          a.ending = Answer.Ending.CLOSED;
        });
  }

  /** Uses chunked transfer coding instead of a Content-Length. */
  public static Fault chunked() {
    return body("chunked", a -> a.framing = Answer.Framing.CHUNKED);
  }

  /** Sends neither Content-Length nor chunks: the end of the connection ends the body. */
  public static Fault closeDelimited() {
    return body("close-delimited", a -> a.framing = Answer.Framing.UNTIL_CLOSE);
  }

  /** Inverts the byte at this offset of the resource. */
  public static Fault flipByte(long offset) {
    return body("flipped byte " + offset, a -> a.body = Body.withFlippedByte(a.body, offset));
  }

  /** Sends other bytes as a correct response. */
  public static Fault replaceBody(byte[] bytes) {
    Body other = Body.ofBytes(bytes);
    return any("other body", a -> a.body = other);
  }

  /** Answers with this status and a line of text. */
  public static Fault status(int status) {
    return any("status " + status, a -> a.become(status));
  }

  /** Answers with this status and a Retry-After in whole seconds. */
  public static Fault status(int status, Duration retryAfter) {
    return status(status).and(header("Retry-After", Long.toString(retryAfter.toSeconds())));
  }

  /** Redirects (301, 302, 307 or 308) to this Location, which may be malformed. */
  public static Fault redirect(int status, String location) {
    return status(status).and(header("Location", location));
  }

  /** Adds or replaces a header. */
  public static Fault header(String headerName, String value) {
    return any(headerName + ": " + value, a -> a.headers.put(headerName, value));
  }

  /** Sends nothing until the gate lets bytes through. */
  public static Fault stallBeforeHeaders(Gate gate) {
    return any("stall before headers", a -> a.headerGate = gate);
  }

  /** Sends so many bytes of the body, then only what the gate lets through. */
  public static Fault stallAfter(long bytes, Gate gate) {
    return body(
        "stall after " + bytes,
        a -> {
          a.bodyGate = gate;
          a.gateAfterBytes = bytes;
        });
  }

  /** Sends the headers, and of the body only what the gate lets through. */
  public static Fault throttle(Gate gate) {
    return stallAfter(0, gate);
  }

  /** Ignores the requested range: answers 200 with the whole resource, without Accept-Ranges. */
  public static Fault ignoreRange() {
    return body("range ignored", a -> a.rangesHonoured = false);
  }

  /** Sends the requested range with another Content-Range. */
  public static Fault wrongContentRange(String contentRange) {
    return body("Content-Range: " + contentRange, a -> a.contentRangeLie = contentRange);
  }

  /** Sends these bytes instead of an HTTP response, then closes the connection. */
  public static Fault garbage(byte[] bytes) {
    byte[] copy = bytes.clone();
    return any("garbage", a -> a.garbage = copy);
  }

  /** Compresses the body by Content-Encoding {@code gzip} or {@code zstd} (in memory). */
  public static Fault contentEncoding(String coding) {
    return any(
        "Content-Encoding: " + coding,
        a -> {
          a.body = Body.ofBytes(encode(coding, a.body));
          a.headers.put("Content-Encoding", coding);
        });
  }

  /** Applies this fault and then the other one to a response. */
  public Fault and(Fault next) {
    Reach both = reach == Reach.BODY && next.reach == Reach.BODY ? Reach.BODY : Reach.ANY_METHOD;
    return new Fault(
        name + ", " + next.name,
        both,
        answer -> {
          bend.bend(answer);
          next.bend.bend(answer);
        });
  }

  @Override
  public String toString() {
    return name;
  }

  /**
   * Whether the fault can affect the response to this request: faults of the body don't affect
   * HEAD.
   */
  boolean concerns(UpstreamRequest request) {
    return reach == Reach.ANY_METHOD || !request.isHead();
  }

  void applyTo(Answer answer) throws IOException {
    bend.bend(answer);
  }

  private static Fault body(String name, Bend bend) {
    return new Fault(name, Reach.BODY, bend);
  }

  private static Fault any(String name, Bend bend) {
    return new Fault(name, Reach.ANY_METHOD, bend);
  }

  private static void stop(Answer answer, long bytes, Answer.Ending ending) {
    answer.stopAfterBytes = bytes;
    answer.ending = ending;
  }

  private static void silence(Answer answer, Answer.Ending ending) {
    answer.silent = true;
    answer.ending = ending;
  }

  private static byte[] encode(String coding, Body body) throws IOException {
    ByteArrayOutputStream encoded = new ByteArrayOutputStream();
    try (InputStream in = body.open(0);
        OutputStream out =
            switch (coding) {
              case "gzip" -> new GZIPOutputStream(encoded);
              case "zstd" -> new com.github.luben.zstd.ZstdOutputStream(encoded);
              default -> throw new IllegalArgumentException("no encoder for " + coding);
            }) {
      in.transferTo(out);
    }
    return encoded.toByteArray();
  }
}
