package narthex.standalone;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Many clients in one thread. Each asks for a NAR, reads the beginning of the answer, and then
 * nothing until {@link #readRest}.
 */
final class SlowReaders implements AutoCloseable {
  /** Clients that connect at the same time, fewer than fit the server's backlog. */
  private static final int CONNECTING = 64;

  /** A single address may not hold all permits of a server. */
  private static final int ADDRESSES = 32;

  /** A small buffer, so that the server soon waits for the client. */
  private static final int RECEIVE_BYTES = 4096;

  /** Enough for the head of an answer and some of its body. */
  private static final int BEGINNING_BYTES = 1024;

  private static final Duration PATIENCE = Duration.ofSeconds(110);

  private final InetSocketAddress server;
  private final Selector selector;
  private final List<Reader> readers = new ArrayList<>();
  private int begun;

  /** One client. */
  static final class Reader {
    private final SocketChannel socket;
    private final String target;
    private final ByteBuffer beginning = ByteBuffer.allocate(BEGINNING_BYTES);

    private Reader(SocketChannel socket, String target) {
      this.socket = socket;
      this.target = target;
    }

    String target() {
      return target;
    }

    /** The beginning of the answer. */
    private String head() {
      return new String(beginning.array(), 0, beginning.position(), StandardCharsets.ISO_8859_1);
    }
  }

  SlowReaders(InetSocketAddress server) throws IOException {
    this.server = server;
    this.selector = Selector.open();
  }

  /**
   * Starts so many clients, and waits until each has received the beginning of its body.
   *
   * @param targets what they ask for, in turns
   */
  void start(int count, List<String> targets) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    int connecting = 0;
    while (begun < count) {
      while (connecting < CONNECTING && readers.size() < count) {
        connect(targets.get(readers.size() % targets.size()));
        connecting++;
      }
      selector.select(1000);
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("readers with a part: " + begun + " of " + readers.size());
      }
      for (SelectionKey key : selector.selectedKeys()) {
        Reader reader = (Reader) key.attachment();
        if (key.isConnectable()) {
          reader.socket.finishConnect();
          ask(reader);
          key.interestOps(SelectionKey.OP_READ);
          connecting--;
        } else if (readBeginning(reader)) {
          key.cancel();
          begun++;
        }
      }
      selector.selectedKeys().clear();
    }
  }

  private void connect(String target) throws IOException {
    SocketChannel socket = SocketChannel.open();
    Reader reader = new Reader(socket, target);
    readers.add(reader);
    socket.configureBlocking(false);
    socket.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BYTES);
    byte host = (byte) (2 + readers.size() % ADDRESSES);
    socket.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, host}), 0));
    socket.connect(server);
    socket.register(selector, SelectionKey.OP_CONNECT, reader);
  }

  private static void ask(Reader reader) throws IOException {
    String head =
        "GET " + reader.target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    ByteBuffer request = ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1));
    while (request.hasRemaining()) {
      reader.socket.write(request);
    }
  }

  /** Reads what is there; returns whether the beginning is complete. */
  private static boolean readBeginning(Reader reader) throws IOException {
    if (reader.socket.read(reader.beginning) < 0) {
      throw new EOFException("answer to " + reader.target + " ended: " + reader.head());
    }
    if (reader.beginning.hasRemaining()) {
      return false;
    }
    if (!reader.head().startsWith("HTTP/1.1 200 ")) {
      throw new IOException("answer to " + reader.target + ": " + reader.head());
    }
    return true;
  }

  /** The clients, in the order of their start. */
  List<Reader> all() {
    return List.copyOf(readers);
  }

  /** Reads the whole body of one client. */
  byte[] readRest(Reader reader, int length) throws IOException {
    selector.selectNow(); // forgets the keys that were cancelled
    reader.socket.configureBlocking(true);
    int bodyAt = reader.head().indexOf("\r\n\r\n") + 4;
    byte[] body =
        Arrays.copyOf(
            Arrays.copyOfRange(reader.beginning.array(), bodyAt, BEGINNING_BYTES), length);
    ByteBuffer rest = ByteBuffer.wrap(body);
    rest.position(BEGINNING_BYTES - bodyAt);
    while (rest.hasRemaining()) {
      if (reader.socket.read(rest) < 0) {
        throw new EOFException("body ended early, missing bytes: " + rest.remaining());
      }
    }
    if (reader.socket.read(ByteBuffer.allocate(1)) >= 0) {
      throw new IOException("the body is longer than " + length);
    }
    return body;
  }

  @Override
  public void close() throws IOException {
    for (Reader reader : readers) {
      reader.socket.close();
    }
    selector.close();
  }
}
