package narthex.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A connection on which a test can send anything: nothing is normalised, completed or refused on
 * the way to the server.
 */
public final class RawClient implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final InputStream in;

  private RawClient(Socket socket) throws IOException {
    this.socket = socket;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * A response.
   *
   * @param fields the header lines
   */
  public record Answer(int status, List<String> fields, String body) {
    /** The values of all headers of this name. */
    public List<String> fields(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ":";
      return fields.stream()
          .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
          .map(line -> line.substring(start.length()).strip())
          .toList();
    }

    /** The value of the first header of this name. */
    public Optional<String> field(String name) {
      return fields(name).stream().findFirst();
    }
  }

  public static RawClient connect(int port) throws IOException {
    Socket socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setTcpNoDelay(true);
    return new RawClient(socket);
  }

  /** Sends a request without a body on a connection of its own and returns the response. */
  public static Answer ask(int port, String method, String target, String... fields)
      throws IOException {
    try (RawClient client = connect(port)) {
      client.send(head(method, target, fields));
      return client.read(method);
    }
  }

  /** The head of a request, with a Host header and an empty line at the end. */
  public static String head(String method, String target, String... fields) {
    StringBuilder head =
        new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  /**
   * Sends each character as one byte (ISO-8859-1).
   *
   * @throws SocketException if the server has closed the connection
   */
  public void send(String text) throws IOException {
    send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  public void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  /** Sends bytes until the server closes the connection. */
  public void sendAsFarAsWanted(byte[] bytes) throws IOException {
    try {
      send(bytes);
    } catch (SocketException closed) {
      return; // The server has answered before.
    }
  }

  /** Ends the sending side of the connection. */
  public void finish() throws IOException {
    socket.shutdownOutput();
  }

  /**
   * Reads one response and any interim ones before it.
   *
   * @param method the method of the request, since a response to HEAD has no body
   * @throws EOFException if the server closes the connection before the end of the response
   */
  public Answer read(String method) throws IOException {
    String statusLine = line();
    List<String> fields = new ArrayList<>();
    for (String field = line(); !field.isEmpty(); field = line()) {
      fields.add(field);
    }
    Answer head = new Answer(Integer.parseInt(statusLine.split(" ", 3)[1]), fields, "");
    boolean empty = method.equals("HEAD") || head.status() < 200 || head.status() == 204;
    return empty ? head : new Answer(head.status(), fields, body(head));
  }

  /** Reads until the server closes or resets the connection. */
  public String readToEnd() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try {
      in.transferTo(all);
    } catch (SocketException reset) {
      return all.toString(StandardCharsets.ISO_8859_1);
    }
    return all.toString(StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private String body(Answer head) throws IOException {
    if (head.field("Transfer-Encoding").isPresent()) {
      return chunks();
    }
    Optional<String> length = head.field("Content-Length");
    return length.isEmpty() ? readToEnd() : bytes(Integer.parseInt(length.get()));
  }

  private String chunks() throws IOException {
    StringBuilder body = new StringBuilder();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.append(bytes(size));
      line();
    }
    line();
    return body.toString();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line().split(";", 2)[0].strip(), 16);
  }

  private String bytes(int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException(String.format(Locale.ROOT, "%d of %d bytes", bytes.length, count));
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0) {
        throw new EOFException("the connection ended after '" + line + "'");
      }
      line.write(octet);
    }
    return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
  }
}
