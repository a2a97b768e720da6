package narthex.testing;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A proxy between clients and a server, which logs requests, can hold their bodies back at a gate,
 * and can fail. Passes other responses unchanged. Supports HTTP/1.1 with Content-Length, but no
 * chunked requests. If one side ends a connection, it also ends the other side. Thread-safe.
 */
public final class Relay implements AutoCloseable {
  private static final int BACKLOG = 512;
  private static final int BUFFER_BYTES = 64 << 10;

  private static final int WAYS_TO_FAIL = 3;

  private static final byte[] UNAVAILABLE =
      "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
          .getBytes(StandardCharsets.ISO_8859_1);

  private record Hold(Predicate<UpstreamRequest> predicate, long afterBytes, Gate gate) {}

  private final ServerSocket listener;
  private final URI server;
  private final RequestLog log = new RequestLog();
  private final AtomicInteger count = new AtomicInteger();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile int failEvery;
  private final List<Hold> holds = new CopyOnWriteArrayList<>();
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  private Relay(URI server) throws IOException {
    this.server = server;
    this.listener = new ServerSocket(0, BACKLOG, InetAddress.getByName("127.0.0.1"));
    start("relay-listener", this::accept);
  }

  /** Starts a relay to the server of this URL; ignores the path of the URL. */
  public static Relay to(String url) {
    try {
      return new Relay(URI.create(url));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The relay's URL for clients, without a slash at the end. */
  public String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** The requests since the start or the last clear. */
  public RequestLog requests() {
    return log;
  }

  /** Holds matching requests back at a gate after so many bytes of the body. */
  public Relay hold(Predicate<UpstreamRequest> predicate, long afterBytes, Gate gate) {
    holds.add(new Hold(predicate, afterBytes, gate));
    return this;
  }

  /**
   * Makes each nth request fail from now on: in turn with a 503, by a connection that ends without
   * a response, and by one that ends in the middle of it.
   *
   * @param nth 0 for none
   */
  public Relay failEvery(int nth) {
    failEvery = nth;
    return this;
  }

  /** How many requests failed as {@link #failEvery} says. */
  public int failures() {
    return failures.get();
  }

  /** Stops holding back further requests; those already held stay at their gate. */
  public Relay heal() {
    holds.clear();
    return this;
  }

  /** Closes the port and all connections. */
  @Override
  public void close() {
    closeQuietly(listener);
    sockets.forEach(Relay::closeQuietly);
  }

  private void accept() {
    while (true) {
      try {
        Socket client = listener.accept();
        start("relay-connection", () -> relay(client));
      } catch (IOException e) {
        return; // the listener was closed
      }
    }
  }

  private void relay(Socket client) {
    try (client;
        Socket upward = new Socket(server.getHost(), server.getPort())) {
      sockets.add(client);
      sockets.add(upward);
      client.setTcpNoDelay(true);
      upward.setTcpNoDelay(true);
      AtomicBoolean cut = new AtomicBoolean();
      start("relay-answers", () -> answers(upward, client, cut));
      InputStream in = new BufferedInputStream(client.getInputStream(), BUFFER_BYTES);
      UpstreamRequest request;
      while ((request = RequestReader.read(in)) != null) {
        int every = failEvery;
        if (every > 0 && count.incrementAndGet() % every == 0) {
          fail(client, cut);
        }
        pass(request, in, upward.getOutputStream());
      }
    } catch (IOException e) {
      // One side has ended the connection; end the other side, too.
    } finally {
      sockets.remove(client);
    }
  }

  /** Answers with an error, or ends the connection, or lets the response be cut. */
  private void fail(Socket client, AtomicBoolean cut) throws IOException {
    switch (failures.getAndIncrement() % WAYS_TO_FAIL) {
      case 0 -> {
        client.getOutputStream().write(UNAVAILABLE);
        throw new IOException("answered with an error");
      }
      case 1 -> throw new IOException("not answered");
      default -> cut.set(true);
    }
  }

  private void answers(Socket upward, Socket client, AtomicBoolean cut) {
    try (upward;
        client) {
      byte[] buffer = new byte[BUFFER_BYTES];
      InputStream in = upward.getInputStream();
      OutputStream out = client.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (cut.get()) {
          out.write(buffer, 0, n / 2);
          return;
        }
        out.write(buffer, 0, n);
      }
    } catch (IOException e) {
      // like above
    } finally {
      sockets.remove(upward);
    }
  }

  private void pass(UpstreamRequest request, InputStream in, OutputStream out) throws IOException {
    log.add(request);
    StringBuilder head = new StringBuilder();
    head.append(request.method()).append(' ').append(request.target()).append(" HTTP/1.1\r\n");
    for (Map.Entry<String, String> header : request.headers().entrySet()) {
      head.append(header.getKey()).append(": ").append(header.getValue()).append("\r\n");
    }
    out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
    if (request.header("transfer-encoding").isPresent()) {
      throw new IOException("a chunked request: the relay cannot pass it");
    }
    passBody(request, in, out);
  }

  private void passBody(UpstreamRequest request, InputStream in, OutputStream out)
      throws IOException {
    long left = Long.parseLong(request.header("content-length").orElse("0"));
    Hold hold = left == 0 ? null : hold(request);
    long free = hold == null ? left : hold.afterBytes();
    byte[] buffer = new byte[BUFFER_BYTES];
    while (left > 0) {
      if (free == 0 && hold != null) {
        free = hold.gate().take(left);
      }
      int count = in.read(buffer, 0, (int) Math.min(buffer.length, Math.min(left, free)));
      if (count < 0) {
        throw new EOFException("the client has gone");
      }
      out.write(buffer, 0, count);
      out.flush();
      left -= count;
      free -= count;
    }
  }

  private @Nullable Hold hold(UpstreamRequest request) {
    for (Hold hold : holds) {
      if (hold.predicate().test(request)) {
        return hold;
      }
    }
    return null;
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void closeQuietly(AutoCloseable closeable) {
    try {
      closeable.close();
    } catch (Exception e) {
      // closing is all that matters
    }
  }
}
