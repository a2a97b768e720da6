package narthex.web;

import jakarta.servlet.ServletRequest;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;

/**
 * Aborts a response after its headers have been sent, so that the client doesn't take the truncated
 * body for a complete one. The Servlet API has no method for this; each server needs its own.
 *
 * <ul>
 *   <li>Tomcat closes the connection when the application throws an exception. {@code
 *       CloseNowException} does so without a log entry.
 *   <li>With HTTP/2, Tomcat ends the stream normally even after that exception. There this class
 *       resets the stream.
 *   <li>Undertow (WildFly) ends a chunked response normally even after an exception. There this
 *       class closes the connection, or resets the stream with HTTP/2.
 * </ul>
 */
final class ConnectionBreaker {

  private static final String TOMCAT_EXCEPTION = "org.apache.coyote.CloseNowException";

  private ConnectionBreaker() {}

  /**
   * Aborts a response whose body is incomplete. As {@link #breakConnection}, but also with HTTP/2
   * in Tomcat.
   */
  static void breakBody(ServletRequest request, Throwable reason) throws IOException {
    if (!ServerRequest.resetTomcatStream(request, "transfer to the client broken off")) {
      breakConnection(request, reason);
    }
  }

  /**
   * Aborts the response to this request. The caller must let the exception reach the server.
   *
   * @param reason the failure that made the response incomplete
   * @throws IOException always on servers other than Undertow, which close the connection when they
   *     catch it; on Undertow if the connection cannot be closed
   */
  static void breakConnection(ServletRequest request, Throwable reason) throws IOException {
    ServletRequest original = ServerRequest.original(request);
    if (UndertowExchange.isUndertow(original)) {
      closeUndertow(original);
    } else {
      throw closeNow(reason);
    }
  }

  private static void closeUndertow(ServletRequest original) throws IOException {
    try {
      UndertowExchange.of(original).close();
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
              .newInstance("response aborted", reason);
    } catch (ReflectiveOperationException otherServer) {
      return new IOException("response aborted", reason);
    }
  }
}
