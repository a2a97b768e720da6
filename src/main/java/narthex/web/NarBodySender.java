package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.stream.DecoderShare;
import narthex.stream.Encoders;
import narthex.stream.EncodingOutputStream;

/**
 * Writes NARs to response bodies.
 *
 * <p>The end of a body is sent only after the source has been verified, so that a complete body is
 * always correct; if the source fails, the method throws and the body stays incomplete. When no
 * more bytes are available from the source, the response is flushed, so that a client doesn't wait
 * for a buffer to fill.
 */
final class NarBodySender {
  /**
   * Bytes that are read and written at once. A request to a slow client holds so many while it
   * waits.
   */
  private static final int BUFFER_BYTES = 16 << 10;

  /**
   * Smallest range that is sent by sendfile. Tomcat sends static files of 48 KiB and more so; but
   * from a few KiB on, reading and copying takes more processor time than opening the file once
   * more.
   */
  private static final long MIN_SENDFILE_BYTES = 4 << 10;

  /** Largest range over HTTP/2: Tomcat maps it into memory, which fails for more. */
  private static final long MAX_MAPPED_BYTES = Integer.MAX_VALUE;

  private NarBodySender() {}

  /** Sends a range of a source of known length and sets Content-Length. */
  static void send(
      NarSource source, ByteRange range, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    response.setContentLengthLong(range.count());
    DecoderShare.Watch watch = new ClientWatch(request);
    if (range.count() == 0) {
      source.awaitComplete(watch);
      return;
    }
    Optional<Path> file = source.localFile();
    if (file.isPresent() && sendfile(file.get(), range, request)) {
      return;
    }
    copy(source, range, watch, response.getOutputStream());
  }

  /**
   * Sends a stored file by Tomcat's sendfile; returns false if the range is too small or too large
   * for that, or the server doesn't support it.
   */
  private static boolean sendfile(Path file, ByteRange range, HttpServletRequest request) {
    if (!isSentByServer(range.count(), request)) {
      return false;
    }
    request.setAttribute("org.apache.tomcat.sendfile.filename", file.toString());
    request.setAttribute("org.apache.tomcat.sendfile.start", range.from());
    request.setAttribute("org.apache.tomcat.sendfile.end", range.from() + range.count());
    return true;
  }

  /** Returns how many bytes the server sends by sendfile in answer to a request. */
  static long sendfileBytes(HttpServletRequest request) {
    return request.getAttribute("org.apache.tomcat.sendfile.end") instanceof Long end
            && request.getAttribute("org.apache.tomcat.sendfile.start") instanceof Long start
        ? end - start
        : 0;
  }

  /**
   * Returns whether the server sends so many bytes of a file by sendfile, without a request thread.
   */
  static boolean isSentByServer(long count, HttpServletRequest request) {
    return count >= MIN_SENDFILE_BYTES
        && Boolean.TRUE.equals(request.getAttribute("org.apache.tomcat.sendfile.support"))
        && (count <= MAX_MAPPED_BYTES || request.getProtocol().startsWith("HTTP/1."));
  }

  private static void copy(
      NarSource source, ByteRange range, DecoderShare.Watch watch, OutputStream out)
      throws IOException {
    byte[] buffer = new byte[(int) Math.min(BUFFER_BYTES, Math.max(range.count(), 1))];
    try (InputStream in = source.open(range.from(), watch)) {
      long left = range.count();
      while (left > 1) {
        int count = in.read(buffer, 0, (int) Math.min(buffer.length, left - 1));
        if (count < 0) {
          throw new EOFException(String.format(Locale.ROOT, "the NAR ended %d bytes early", left));
        }
        out.write(buffer, 0, count);
        left -= count;
        flushIfCaughtUp(in, out);
      }
      int last = in.read();
      if (last < 0) {
        throw new EOFException("the NAR ended one byte early");
      }
      if (!source.isComplete()) {
        out.flush();
      }
      source.awaitComplete(watch);
      if (range.from() + range.count() == source.length().orElse(-1) && in.read() >= 0) {
        throw new IOException("the NAR is longer than its length");
      }
      out.write(last);
    }
  }

  /** Sends a source of unknown length as a chunked body. Doesn't close {@code out}. */
  static void sendAll(NarSource source, DecoderShare.Watch watch, OutputStream out)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = source.open(0, watch)) {
      int count;
      while ((count = in.read(buffer, 0, buffer.length)) >= 0) {
        out.write(buffer, 0, count);
        flushIfCaughtUp(in, out);
      }
    }
    source.awaitComplete(watch);
  }

  /** Sends a source and compresses it with zstd on the fly. */
  static void sendCompressed(NarSource source, DecoderShare.Watch watch, OutputStream out)
      throws IOException {
    try (EncodingOutputStream encoder = Encoders.encode(Compression.ZSTD, out)) {
      try {
        sendAll(source, watch, encoder);
      } catch (IOException | RuntimeException e) {
        encoder.discard();
        throw e;
      }
    }
  }

  private static void flushIfCaughtUp(InputStream in, OutputStream out) throws IOException {
    if (in.available() == 0) {
      out.flush();
    }
  }
}
