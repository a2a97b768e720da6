package narthex.container;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;

/** Reads responses as they are on the wire. */
final class RawHttp {

  private static final int TIMEOUT_MILLIS = 20_000;

  private RawHttp() {}

  /**
   * Everything that came until the server closed the connection.
   *
   * @param head status line and headers
   */
  record Answer(String head, byte[] body) {
    boolean endsWith(String text) {
      return new String(body, StandardCharsets.ISO_8859_1).endsWith(text);
    }
  }

  /**
   * Sends a GET that allows keep-alive, and reads until the server closes the connection.
   *
   * @throws java.net.SocketTimeoutException if the server doesn't close it
   */
  static Answer get(int port, String path) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      byte[] all = readToEnd(socket.getInputStream());
      String text = new String(all, StandardCharsets.ISO_8859_1);
      int end = text.indexOf("\r\n\r\n") + 4;
      byte[] body = java.util.Arrays.copyOfRange(all, end, all.length);
      return new Answer(text.substring(0, end), body);
    }
  }

  private static byte[] readToEnd(InputStream in) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    try {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        all.write(buffer, 0, count);
      }
    } catch (SocketException reset) {
      return all.toByteArray(); // a reset counts as a broken transfer, too
    }
    return all.toByteArray();
  }
}
