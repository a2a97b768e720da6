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

/**
 * Access to the request object of the application server, by reflection, for functions that the
 * Servlet API lacks. Knows Tomcat and Undertow; on other servers the methods interrupt the thread,
 * return false, or do nothing.
 */
final class ServerRequest {
  private static final System.Logger LOG = System.getLogger(ServerRequest.class.getName());
  private static final String TOMCAT_REQUEST = "org.apache.catalina.connector.RequestFacade";
  private static final String ACTION_CODE = "org.apache.coyote.ActionCode";
  private static final String TOMCAT_HTTP_1 = "org.apache.coyote.http11.Http11Processor";

  private ServerRequest() {}

  /** Returns the innermost request, without its wrappers. */
  static ServletRequest original(ServletRequest request) {
    ServletRequest original = request;
    while (original instanceof ServletRequestWrapper wrapper) {
      original = wrapper.getRequest();
    }
    return original;
  }

  /**
   * Lowers the read timeout of the connection to {@code longest}; never raises it. Works on Tomcat
   * with HTTP/1.1, does nothing elsewhere. Tomcat reads the timeout when a wait begins, so call
   * this before the first read.
   */
  static void limitWaits(ServletRequest request, Duration longest) {
    limitTomcat(original(request), Math.max(1, longest.toMillis()));
  }

  /**
   * Interrupts a blocking read of the request body; the read fails with an {@link
   * java.io.IOException}. Undertow and HTTP/2 in Tomcat end the read when the thread is
   * interrupted. Tomcat with HTTP/1.1 ignores the interrupt: there the present wait ends by the
   * timeout of {@link #limitWaits}, and this method sets the timeout of all later waits to 1 ms.
   *
   * @param reader the thread that is blocked in the read
   */
  static void endRead(ServletRequest request, Thread reader) {
    limitTomcat(original(request), 1);
    reader.interrupt();
  }

  /**
   * Interrupts a blocking write of the response and closes the connection; the write fails with an
   * {@link java.io.IOException}. The interrupt alone doesn't end a write in Tomcat; closing the
   * socket does. With HTTP/2 in Tomcat, and on unknown servers, this only interrupts the thread.
   *
   * @param writer the thread that is blocked in the write
   */
  static void breakWrite(ServletRequest request, Thread writer) {
    ServletRequest original = original(request);
    try {
      if (UndertowExchange.isUndertow(original)) {
        UndertowExchange.of(original).close();
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
      connection.setOption(StandardSocketOptions.SO_LINGER, 0); // discard unsent data
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
    return field(tomcatCoyote(original), "hook");
  }

  private static Object tomcatCoyote(ServletRequest original) throws ReflectiveOperationException {
    Object request = field(original, "request");
    return request.getClass().getMethod("getCoyoteRequest").invoke(request);
  }

  /**
   * Returns whether Tomcat sends the response itself, as it does after a failed read of the request
   * body: the application cannot write any more, and Tomcat answers 400, or 408 after its own
   * timeout, with our error page. If so, removes the exception that Tomcat stored in the request,
   * because it would turn the status into 500.
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

  /** Returns whether the server closes the connection after a failed read of the request body. */
  static boolean closesBrokenOnes(ServletRequest request) {
    return original(request).getClass().getName().equals(TOMCAT_REQUEST);
  }

  /**
   * Returns whether the client has closed the connection, or reset the stream with HTTP/2. Tomcat
   * and Undertow can tell, with HTTP/1.1 and HTTP/2. With AJP, and on other servers, the first sign
   * is a write that fails; there this returns false. For the thread of the request only.
   */
  static boolean isClientGone(ServletRequest client) {
    ServletRequest original = original(client);
    try {
      if (UndertowExchange.isUndertow(original)) {
        return UndertowExchange.of(original).isClientGone();
      }
      return original.getClass().getName().equals(TOMCAT_REQUEST) && isGoneFromTomcat(original);
    } catch (ReflectiveOperationException | RuntimeException changed) {
      LOG.log(Level.DEBUG, "cannot access the connection in this server", changed);
      return false;
    }
  }

  private static boolean isGoneFromTomcat(ServletRequest original)
      throws ReflectiveOperationException {
    Object http = tomcatProtocol(original);
    if (isHttp1(http)) {
      Object coyote = tomcatCoyote(original);
      // Pipelined bytes are reported as available once, the end of the stream every time.
      boolean first = hasAvailable(coyote);
      return first && hasAvailable(coyote);
    }
    return TomcatStream.isBehind(http) && !new TomcatStream(http).isOpen();
  }

  /**
   * Resets the stream of a response that failed, with HTTP/2 in Tomcat. Returns false elsewhere,
   * and if the stream is closed already.
   */
  static boolean resetTomcatStream(ServletRequest request, String reason) {
    ServletRequest original = original(request);
    if (!original.getClass().getName().equals(TOMCAT_REQUEST)) {
      return false;
    }
    try {
      Object http = tomcatProtocol(original);
      if (!TomcatStream.isBehind(http)) {
        return false;
      }
      TomcatStream stream = new TomcatStream(http);
      boolean open = stream.isOpen();
      if (open) {
        stream.reset(reason);
      }
      return open;
    } catch (ReflectiveOperationException | RuntimeException changed) {
      LOG.log(Level.WARNING, "cannot access the stream in this version of Tomcat", changed);
      return false;
    }
  }

  @SuppressWarnings({"unchecked", "rawtypes"}) // the enum is loaded by name
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
