package narthex.web;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.lang.System.Logger.Level;
import java.lang.reflect.Field;
import java.lang.reflect.Method;

/** The request object of the application server itself, for what the Servlet API has no word. */
final class ServerRequest {
  private static final System.Logger LOG = System.getLogger(ServerRequest.class.getName());
  private static final String TOMCAT_REQUEST = "org.apache.catalina.connector.RequestFacade";
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
   * Ends a read of the request's body in which a thread waits for the client; the read fails with
   * an {@link java.io.IOException}. Undertow and HTTP/2 in Tomcat end it when the thread is
   * interrupted. Tomcat with HTTP/1.1 only looks at its own time limit again then, so that is made
   * short first.
   *
   * @param reader the thread, which is surely in the read
   */
  static void endRead(ServletRequest request, Thread reader) {
    ServletRequest original = original(request);
    if (original.getClass().getName().equals(TOMCAT_REQUEST)) {
      try {
        shortenReadTimeout(original);
      } catch (ReflectiveOperationException | RuntimeException changed) {
        LOG.log(Level.WARNING, "this version of Tomcat gives no access to its connection", changed);
      }
    }
    reader.interrupt();
  }

  private static void shortenReadTimeout(Object facade) throws ReflectiveOperationException {
    Object request = field(facade, "request");
    Object coyote = request.getClass().getMethod("getCoyoteRequest").invoke(request);
    Object http = field(coyote, "hook");
    if (http.getClass().getName().equals(TOMCAT_HTTP_1)) {
      Object socket = field(http, "socketWrapper");
      Method timeout = socket.getClass().getMethod("setReadTimeout", long.class);
      timeout.setAccessible(true); // declared by a public class, of which this is a private one
      timeout.invoke(socket, 1L);
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
