package narthex.web;

import jakarta.servlet.ServletRequest;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;

/**
 * Breaks the transfer of a response whose headers, and perhaps more, the client already has: it
 * must never take what it got for the whole. No server has an interface for it, so each is asked in
 * its own words.
 *
 * <ul>
 *   <li>Tomcat closes the connection at once when an exception reaches it; {@code
 *       CloseNowException} says so without another line in its log.
 *   <li>Undertow (WildFly) would end a chunked response cleanly, as if it were complete. There the
 *       connection itself is closed.
 * </ul>
 */
final class ConnectionBreaker {

  private static final String UNDERTOW_REQUEST = "io.undertow.servlet.spec.HttpServletRequestImpl";
  private static final String TOMCAT_EXCEPTION = "org.apache.coyote.CloseNowException";

  private ConnectionBreaker() {}

  /**
   * Breaks the connection of this request. The caller must not catch what this throws.
   *
   * @param reason why
   * @throws IOException where the server breaks the connection when an exception reaches it
   */
  static void breakConnection(ServletRequest request, Throwable reason) throws IOException {
    ServletRequest original = ServerRequest.original(request);
    if (isUndertow(original)) {
      closeUndertowConnection(original);
    } else {
      throw closeNow(reason);
    }
  }

  /** Whether this is Undertow's own request. */
  static boolean isUndertow(ServletRequest original) {
    return original.getClass().getName().equals(UNDERTOW_REQUEST);
  }

  /** Closes the connection of Undertow's own request; from any thread. */
  static void closeUndertowConnection(ServletRequest request) throws IOException {
    try {
      Object exchange = request.getClass().getMethod("getExchange").invoke(request);
      Object connection = exchange.getClass().getMethod("getConnection").invoke(exchange);
      ((Closeable) connection).close();
    } catch (InvocationTargetException failure) {
      throw new IOException("connection not closed", failure.getCause());
    } catch (ReflectiveOperationException changed) {
      throw new IOException("cannot access the connection in this version of Undertow", changed);
    }
  }

  private static IOException closeNow(Throwable reason) {
    try {
      return (IOException)
          Class.forName(TOMCAT_EXCEPTION)
              .getConstructor(String.class, Throwable.class)
              .newInstance("response broken", reason);
    } catch (ReflectiveOperationException otherServer) {
      return new IOException("response broken", reason);
    }
  }
}
