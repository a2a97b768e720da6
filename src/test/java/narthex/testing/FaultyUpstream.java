package narthex.testing;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/1.1 server on the loopback address for tests: serves resources by target, and fails as
 * configured. Uses bare sockets, so that it can violate HTTP in any way. Resources, faults and the
 * log can be changed and read at any time. Thread-safe.
 */
public final class FaultyUpstream implements AutoCloseable {
  private static final int BACKLOG = 512;

  private static final class Rule {
    final Predicate<UpstreamRequest> predicate;
    final Fault fault;
    int remaining; // guarded by rules

    Rule(Predicate<UpstreamRequest> predicate, Fault fault, int remaining) {
      this.predicate = predicate;
      this.fault = fault;
      this.remaining = remaining;
    }
  }

  private final Map<String, Body> resources = new ConcurrentHashMap<>();
  private final Map<String, Path> directories = new ConcurrentHashMap<>();
  private final List<Rule> rules = new ArrayList<>(); // guarded by itself
  private final RequestLog log = new RequestLog();
  private final Map<Socket, Thread> connections = new ConcurrentHashMap<>();
  private final Object listenerLock = new Object();
  private @Nullable ServerSocket listener; // guarded by listenerLock
  private @Nullable Thread acceptor; // guarded by listenerLock
  private final int port;
  private volatile @Nullable String authorization;

  private FaultyUpstream(int port) throws IOException {
    this.port = listen(port);
  }

  /** Starts an upstream without resources on a free port of 127.0.0.1. */
  public static FaultyUpstream start() {
    return start(0);
  }

  /** Starts an upstream without resources on this port of 127.0.0.1. */
  public static FaultyUpstream start(int port) {
    try {
      return new FaultyUpstream(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code http://127.0.0.1:<port>}, without a slash at the end. */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Serves these bytes under exactly this target: {@code /path} or {@code /path?query}. */
  public FaultyUpstream put(String target, byte[] bytes) {
    resources.put(target, Body.ofBytes(bytes));
    return this;
  }

  /** Serves this text in UTF-8 under exactly this target. */
  public FaultyUpstream put(String target, String text) {
    return put(target, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Serves this file, streamed, under exactly this target. */
  public FaultyUpstream put(String target, Path file) {
    resources.put(target, Body.ofFile(file));
    return this;
  }

  /** Serves every file below the directory under this prefix, which ends in a slash. */
  public FaultyUpstream putDirectory(String prefix, Path directory) {
    directories.put(prefix, directory);
    return this;
  }

  /** Stops serving this target, unless a directory has it. */
  public FaultyUpstream remove(String target) {
    resources.remove(target);
    return this;
  }

  /**
   * Applies a fault to every response for this target. If several faults match a request, the one
   * added first is used. Faults of the body don't affect HEAD.
   */
  public FaultyUpstream fail(String target, Fault fault) {
    return fail(target, fault, Integer.MAX_VALUE);
  }

  /** Applies a fault to the next so many responses for this target. */
  public FaultyUpstream fail(String target, Fault fault, int times) {
    return fail(request -> request.target().equals(target), fault, times);
  }

  /** Applies a fault to the next so many responses to matching requests. */
  public FaultyUpstream fail(Predicate<UpstreamRequest> predicate, Fault fault, int times) {
    synchronized (rules) {
      rules.add(new Rule(predicate, fault, times));
    }
    return this;
  }

  /** Removes all faults. */
  public FaultyUpstream heal() {
    synchronized (rules) {
      rules.clear();
    }
    return this;
  }

  /** Answers 401 to every request without these Basic credentials. */
  public FaultyUpstream requireBasic(String user, String password) {
    byte[] pair = (user + ':' + password).getBytes(StandardCharsets.UTF_8);
    authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
    return this;
  }

  /** The requests since the start or the last clear. */
  public RequestLog requests() {
    return log;
  }

  /** Number of open connections. */
  public int openConnections() {
    return connections.size();
  }

  /** Closes the port, so that connections are refused, and resets the open connections. */
  public void goDown() {
    synchronized (listenerLock) {
      ServerSocket open = listener;
      listener = null;
      Thread accepting = acceptor;
      if (open != null && accepting != null) {
        closeQuietly(open);
        awaitEnd(accepting); // until then the kernel may still accept connections
      }
    }
    connections.forEach(FaultyUpstream::reset);
  }

  /** Opens the same port again after {@link #goDown}. */
  public void comeUp() {
    try {
      listen(port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    goDown();
  }

  private int listen(int wantedPort) throws IOException {
    synchronized (listenerLock) {
      if (listener != null) {
        return listener.getLocalPort();
      }
      ServerSocket fresh = new ServerSocket();
      fresh.setReuseAddress(true);
      fresh.bind(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), wantedPort), BACKLOG);
      listener = fresh;
      Thread accepting = new Thread(() -> acceptFrom(fresh), "upstream-listener");
      accepting.setDaemon(true);
      accepting.start();
      acceptor = accepting;
      return fresh.getLocalPort();
    }
  }

  private void acceptFrom(ServerSocket from) {
    while (true) {
      try {
        Socket socket = from.accept();
        socket.setTcpNoDelay(true);
        Thread thread = new Thread(() -> serve(socket), "upstream-connection");
        thread.setDaemon(true);
        connections.put(socket, thread);
        thread.start();
        if (from.isClosed()) {
          reset(socket, thread);
        }
      } catch (IOException e) {
        return; // the listener was closed
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      AnswerWriter writer = new AnswerWriter(socket);
      boolean goesOn = true;
      while (goesOn) {
        UpstreamRequest request = RequestReader.read(in);
        if (request == null) {
          return;
        }
        log.add(request);
        in.skipNBytes(bodyBytesToCome(request));
        goesOn = answer(request, writer);
      }
    } catch (IOException e) {
      // The client or the test has closed the connection, as tests do.
    } finally {
      connections.remove(socket);
    }
  }

  /**
   * The length of the request body; 0 if the client waits for a 100, since this server answers
   * without reading the body.
   */
  private static long bodyBytesToCome(UpstreamRequest request) {
    boolean waits = request.header("expect").isPresent();
    return waits ? 0 : Long.parseLong(request.header("content-length").orElse("0"));
  }

  private boolean answer(UpstreamRequest request, AnswerWriter writer) throws IOException {
    Answer answer = plan(request);
    try {
      Fault fault = nextFault(request);
      if (fault != null) {
        fault.applyTo(answer);
      }
      answer.resolveRange();
      boolean close =
          request.header("connection").orElse("").toLowerCase(Locale.ROOT).equals("close");
      return writer.write(answer) && !close && answer.status != 405;
    } finally {
      log.add(
          new RequestLog.Answered(request, answer.silent ? 0 : answer.status, writer.bodyBytes()));
    }
  }

  private Answer plan(UpstreamRequest request) {
    String wanted = authorization;
    Answer answer = new Answer(request, 200, Body.EMPTY);
    Body body = find(request.target());
    if (!request.isHead() && !request.method().equals("GET")) {
      answer.become(405);
    } else if (wanted != null && !wanted.equals(request.header("authorization").orElse(""))) {
      answer.become(401);
      answer.headers.put("WWW-Authenticate", "Basic realm=\"upstream\"");
    } else if (body == null) {
      answer.become(404);
    } else {
      answer.body = body;
      answer.headers.put("Content-Type", "application/octet-stream");
    }
    return answer;
  }

  private @Nullable Body find(String target) {
    Body body = resources.get(target);
    if (body != null || target.contains("..")) {
      return body;
    }
    for (Map.Entry<String, Path> entry : directories.entrySet()) {
      if (target.startsWith(entry.getKey()) && !target.contains("?")) {
        Path file = entry.getValue().resolve(target.substring(entry.getKey().length()));
        if (Files.isRegularFile(file)) {
          return Body.ofFile(file);
        }
      }
    }
    return null;
  }

  private @Nullable Fault nextFault(UpstreamRequest request) {
    synchronized (rules) {
      for (Iterator<Rule> all = rules.iterator(); all.hasNext(); ) {
        Rule rule = all.next();
        if (rule.fault.concerns(request) && rule.predicate.test(request)) {
          if (rule.remaining != Integer.MAX_VALUE && --rule.remaining <= 0) {
            all.remove();
          }
          return rule.fault;
        }
      }
      return null;
    }
  }

  private static void awaitEnd(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void reset(Socket socket, Thread thread) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      // closed already
    }
    closeQuietly(socket);
    thread.interrupt();
  }

  private static void closeQuietly(java.io.Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // closing is all that matters
    }
  }
}
