package narthex.bench.http;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A keep-alive connection to a server on this machine, on a bare socket without an HTTP client. */
public final class PlainHttp implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int SILENCE_MILLIS = 300_000;

  private final Socket socket;
  private final InputStream in;

  /** Opens a connection. */
  public PlainHttp(int port) throws IOException {
    socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(SILENCE_MILLIS);
    in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
  }

  /** Receives the bytes of a body. */
  public interface Receiver {
    void received(byte[] bytes, int count) throws IOException;
  }

  /** The server is too busy to answer. */
  static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }

  /**
   * Measurements of a response.
   *
   * @param firstByteNanos time from the request to the first byte of the body
   * @param bytes length of the body
   */
  public record Received(long firstByteNanos, long bytes) {}

  /**
   * Sends a GET and reads the body.
   *
   * @throws IOException if the response isn't a 200 with a body that tells its end, or ends early
   */
  public Received get(String path, Receiver receiver) throws IOException {
    return get(path, "", receiver);
  }

  /**
   * Sends a GET with an additional header line, or an empty string.
   *
   * @throws IOException if the response isn't a 200 (or a 206 to a range) with a body that tells
   *     its end, or ends early
   */
  public Received get(String path, String header, Receiver receiver) throws IOException {
    long start = System.nanoTime();
    String request = "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n".formatted(path, header);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    String status = line();
    long length = -1;
    boolean chunked = false;
    for (String field = line(); !field.isEmpty(); field = line()) {
      String lower = field.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Long.parseLong(field.substring(field.indexOf(':') + 1).trim());
      }
      chunked |= lower.startsWith("transfer-encoding:") && lower.endsWith("chunked");
    }
    if (status.startsWith("HTTP/1.1 503")) {
      throw new RefusedException(path + ": " + status);
    }
    String wanted = header.startsWith("Range:") ? "HTTP/1.1 206" : "HTTP/1.1 200";
    if (!status.startsWith(wanted) || (length < 1 && !chunked)) {
      throw new IOException(
          String.format(Locale.ROOT, "%s: '%s' with length %d", path, status, length));
    }
    int first = in.read(); // of the body, or of the first chunk's line
    long firstByteNanos = System.nanoTime() - start;
    if (first < 0) {
      throw new EOFException(path + " ended without a body");
    }
    if (!chunked) {
      receiver.received(new byte[] {(byte) first}, 1);
      read(path, length - 1, receiver);
      return new Received(firstByteNanos, length);
    }
    long received = 0;
    String line = (char) first + line();
    for (int count = chunkLength(line); count > 0; count = chunkLength(line())) {
      read(path, count, receiver);
      received += count;
      line();
    }
    line();
    return new Received(firstByteNanos, received);
  }

  private static int chunkLength(String line) {
    return Integer.parseInt(line.trim(), 16);
  }

  private void read(String path, long length, Receiver receiver) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (long left = length; left > 0; ) {
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (count < 0) {
        throw new EOFException(String.format(Locale.ROOT, "%s ended %d bytes early", path, left));
      }
      receiver.received(buffer, count);
      left -= count;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the connection ended within the headers");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
