package narthex.testing;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A connection with HTTP/2 (RFC 9113) and one request, which a test can cancel at any time. Starts
 * with prior knowledge and reads no response.
 */
public final class RawHttp2Client implements AutoCloseable {
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int HEADERS = 1;
  private static final int RST_STREAM = 3;
  private static final int SETTINGS = 4;
  private static final int END_STREAM_AND_HEADERS = 0x1 | 0x4;
  private static final int STREAM = 1;
  private static final int CANCEL = 8;

  /** Entries of the static table of HPACK (RFC 7541, appendix A). */
  private static final int METHOD_GET = 0x80 | 2;

  private static final int SCHEME_HTTP = 0x80 | 6;
  private static final int AUTHORITY = 1;
  private static final int PATH = 4;

  private final Socket socket;
  private final DataOutputStream out;

  private RawHttp2Client(Socket socket) throws IOException {
    this.socket = socket;
    this.out = new DataOutputStream(socket.getOutputStream());
  }

  /** Opens a connection to this machine. */
  public static RawHttp2Client connect(int port) throws IOException {
    RawHttp2Client client = new RawHttp2Client(new Socket("127.0.0.1", port));
    client.out.write(PREFACE.getBytes(StandardCharsets.US_ASCII));
    client.frame(SETTINGS, 0, 0, new byte[0]);
    return client;
  }

  /** Sends a GET; the path must be shorter than 127 characters. */
  public void get(String path) throws IOException {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    block.write(METHOD_GET);
    block.write(SCHEME_HTTP);
    literal(block, AUTHORITY, "localhost");
    literal(block, PATH, path);
    frame(HEADERS, END_STREAM_AND_HEADERS, STREAM, block.toByteArray());
  }

  /** Cancels the request; the connection stays open. */
  public void reset() throws IOException {
    frame(RST_STREAM, 0, STREAM, new byte[] {0, 0, 0, CANCEL});
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }

  private static void literal(ByteArrayOutputStream block, int name, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length >= 127) {
      throw new IllegalArgumentException(value);
    }
    block.write(name);
    block.write(bytes.length);
    block.writeBytes(bytes);
  }

  private void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    DataOutputStream fields = new DataOutputStream(frame);
    fields.writeByte(payload.length >> 16);
    fields.writeShort(payload.length);
    fields.writeByte(type);
    fields.writeByte(flags);
    fields.writeInt(stream);
    fields.write(payload);
    out.write(frame.toByteArray());
    out.flush();
  }
}
