package narthex.replicas;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A proxy for connections to a port of this machine, which can delay what the server sends. Passes
 * all bytes unchanged. Thread-safe.
 */
public final class SlowWire implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 << 10;

  /** How many times the shortest delay the longest is. */
  private static final int SPREAD = 4;

  private final int serverPort;
  private final ServerSocket listener;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile Duration shortest = Duration.ZERO;

  private SlowWire(int serverPort) throws IOException {
    this.serverPort = serverPort;
    this.listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** Starts a proxy without delay. */
  public static SlowWire to(int serverPort) {
    try {
      return new SlowWire(serverPort);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The port for clients. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Delays each piece that the server sends by a random time, up to four times as long as this. */
  public void delay(Duration atLeast) {
    shortest = atLeast;
  }

  /** Closes the port and all connections. */
  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket client = listener.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
        start(() -> pass(client, server, Direction.TO_SERVER));
        start(() -> pass(server, client, Direction.TO_CLIENT));
      }
    } catch (IOException e) {
      // the listener was closed
    }
  }

  private enum Direction {
    TO_SERVER,
    TO_CLIENT
  }

  private void pass(Socket from, Socket to, Direction direction) {
    sockets.add(from);
    byte[] buffer = new byte[BUFFER_BYTES];
    try (from;
        to) {
      from.setTcpNoDelay(true);
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (direction == Direction.TO_CLIENT) {
          delay();
        }
        out.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // one side has ended the connection; this ends the other
    } finally {
      sockets.remove(from);
    }
  }

  private void delay() {
    long nanos = shortest.toNanos();
    if (nanos > 0) {
      LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(nanos, nanos * SPREAD));
    }
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "slow-wire");
    thread.setDaemon(true);
    thread.start();
  }
}
