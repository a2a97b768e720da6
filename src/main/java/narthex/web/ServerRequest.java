package narthex.web;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;

/** The request object of the application server itself, for what the Servlet API has no word. */
final class ServerRequest {
  private static final System.Logger LOG = System.getLogger(ServerRequest.class.getName());
  private static final String TOMCAT_REQUEST = "org.apache.catalina.connector.RequestFacade";
  private static final String ACTION_CODE = "org.apache.coyote.ActionCode";
  private static final String TOMCAT_HTTP_1 = "org.apache.coyote.http11.Http11Processor";

  private ServerRequest() {}

  /** Returns what is below all wrappers. */
  static ServletRequest original(ServletRequest request) {
    ServletRequest original = request;
    while (original instanceof ServletRequestWrapper wrapper) {
      original = wrapper.getRequest();
    }
    return original;
  }

  /**
   * Lets no wait for the next bytes of the request be longer than this where the server has a limit
   * of its own, for this request only: Tomcat with HTTP/1.1. A wait that is under way there does
   * not look at it again, so it is set before the first.
   */
  static void limitWaits(ServletRequest request, Duration longest) {
    limitTomcat(original(request), Math.max(1, longest.toMillis()));
  }

  /**
   * Ends a read of the request's body in which a thread waits for the client; the read fails with
   * an {@link java.io.IOException}. Undertow and HTTP/2 in Tomcat end it when the thread is
   * interrupted. Tomcat with HTTP/1.1 goes on waiting for the bytes after the next ones: that is
   * given no more time, and the present wait ends by {@link #limitWaits}.
   *
   * @param reader the thread, which is surely in the read
   */
  static void endRead(ServletRequest request, Thread reader) {
    limitTomcat(original(request), 1);
    reader.interrupt();
  }

  /**
   * Ends a write of the response in which a thread waits for the client, and the connection with
   * it; the write fails with an {@link java.io.IOException}. A wait of Tomcat goes on after an
   * interrupt unless the socket is closed.
   *
   * @param writer the thread, which is surely in the write
   */
  static void breakWrite(ServletRequest request, Thread writer) {
    ServletRequest original = original(request);
    try {
      if (ConnectionBreaker.isUndertow(original)) {
        ConnectionBreaker.closeUndertowConnection(original);
      } else if (original.getClass().getName().equals(TOMCAT_REQUEST)) {
        closeTomcatSocket(original);
      }
    } catch (ReflectiveOperationException | IOException | RuntimeException changed) {
      LOG.log(Level.WARNING, "cannot access the connection in this server", changed);
    }
    writer.interrupt();
  }

  private static void closeTomcatSocket(ServletRequest original)
      throws ReflectiveOperationException, IOException {
    Object http = tomcatProtocol(original);
    if (isHttp1(http)) {
      Object wrapper = field(http, "socketWrapper");
      Method socket = wrapper.getClass().getMethod("getSocket");
      socket.setAccessible(true); // the method is public, the class is not
      Object channel = socket.invoke(wrapper);
      Method io = channel.getClass().getMethod("getIOChannel");
      io.setAccessible(true);
      SocketChannel connection = (SocketChannel) io.invoke(channel);
      connection.setOption(StandardSocketOptions.SO_LINGER, 0); // what it did not read is dropped
      connection.close();
    }
  }

  private static boolean isHttp1(Object processor) {
    for (Class<?> type = processor.getClass(); type != null; type = type.getSuperclass()) {
      if (type.getName().equals(TOMCAT_HTTP_1)) {
        return true;
      }
    }
    return false;
  }

  private static Object tomcatProtocol(ServletRequest original)
      throws ReflectiveOperationException {
    Object request = field(original, "request");
    Object coyote = request.getClass().getMethod("getCoyoteRequest").invoke(request);
    return field(coyote, "hook");
  }

  /**
   * Returns whether Tomcat has taken the answer into its own hands, as it does when a body cannot
   * be read: nothing can be written any more, and it answers 400, or 408 after its own time limit,
   * with our error page. It would make that a 500 for the exception that it remembers: so it is
   * made to forget that.
   */
  static boolean isAnsweredByTomcat(ServletRequest request) {
    boolean answered =
        original(request).getClass().getName().equals(TOMCAT_REQUEST)
            && request.getAttribute(RequestDispatcher.ERROR_EXCEPTION) != null;
    if (answered) {
      request.removeAttribute(RequestDispatcher.ERROR_EXCEPTION);
    }
    return answered;
  }

  /** Returns whether the server closes a connection whose request could not be read to its end. */
  static boolean closesBrokenOnes(ServletRequest request) {
    return original(request).getClass().getName().equals(TOMCAT_REQUEST);
  }

  /**
   * Returns whether the client has surely closed its connection, where the server can tell that
   * without reading the next request: Tomcat with HTTP/1.1. Other servers tell when something is
   * written.
   */
  static boolean isClientGone(ServletRequest client) {
    ServletRequest original = original(client);
    if (!original.getClass().getName().equals(TOMCAT_REQUEST)) {
      return false;
    }
    try {
      Object request = field(original, "request");
      Object coyote = request.getClass().getMethod("getCoyoteRequest").invoke(request);
      // What a client sent early counts as available once, an end again and again.
      boolean first = hasAvailable(coyote);
      return first && hasAvailable(coyote);
    } catch (ReflectiveOperationException | RuntimeException changed) {
      LOG.log(Level.DEBUG, "cannot access the connection in this version of Tomcat", changed);
      return false;
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // an enum that is found by its name
  private static boolean hasAvailable(Object coyote) throws ReflectiveOperationException {
    Class<? extends Enum> codes =
        Class.forName(ACTION_CODE, true, coyote.getClass().getClassLoader()).asSubclass(Enum.class);
    coyote
        .getClass()
        .getMethod("action", codes, Object.class)
        .invoke(coyote, Enum.valueOf(codes, "AVAILABLE"), Boolean.TRUE);
    return (Integer) coyote.getClass().getMethod("getAvailable").invoke(coyote) > 0;
  }

  private static void limitTomcat(ServletRequest original, long millis) {
    if (!original.getClass().getName().equals(TOMCAT_REQUEST)) {
      return;
    }
    try {
      Object http = tomcatProtocol(original);
      if (isHttp1(http)) {
        limitSocket(field(http, "socketWrapper"), millis);
      }
    } catch (ReflectiveOperationException | RuntimeException changed) {
      LOG.log(Level.WARNING, "cannot access the connection in this version of Tomcat", changed);
    }
  }

  private static void limitSocket(Object socket, long millis) throws ReflectiveOperationException {
    Method limit = socket.getClass().getMethod("getReadTimeout");
    Method setLimit = socket.getClass().getMethod("setReadTimeout", long.class);
    limit.setAccessible(true); // the methods are public, the class is not
    setLimit.setAccessible(true);
    long present = (Long) limit.invoke(socket);
    if (present <= 0 || present > millis) {
      setLimit.invoke(socket, millis);
    }
  }

  private static Object field(Object owner, String name) throws ReflectiveOperationException {
    for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
      for (Field field : type.getDeclaredFields()) {
        if (field.getName().equals(name)) {
          field.setAccessible(true);
          Object value = field.get(owner);
          if (value != null) {
            return value;
          }
        }
      }
    }
    throw new NoSuchFieldException(owner.getClass().getName() + "." + name);
  }
}
