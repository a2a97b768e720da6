package narthex.web;

import jakarta.servlet.ServletRequest;
import java.io.Closeable;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import org.jspecify.annotations.Nullable;

/**
 * The exchange and the connection of a request in Undertow (WildFly), by reflection.
 *
 * <h2>How to see that a client has left</h2>
 *
 * <ul>
 *   <li>HTTP/2: the I/O thread of the connection reads all the time. When the client resets the
 *       stream or closes the connection, it closes the stream's channel or the connection. Both can
 *       be asked from any thread.
 *   <li>HTTP/1.1: nobody reads while a request without a body runs, and Java cannot peek at a
 *       socket. So the thread of the request reads, without waiting, as it may do for a request
 *       body. What it gets is the beginning of the next request. Undertow has a method to give that
 *       back. After that, the end of the connection is not visible any more.
 *   <li>AJP: the connection belongs to the reverse proxy, which reports nothing.
 * </ul>
 *
 * <h2>Read timeout</h2>
 *
 * Undertow counts a read that gets nothing as the beginning of a wait, and closes the connection
 * after the read timeout. So the timeout is off during our read.
 */
final class UndertowExchange {
  private static final String REQUEST = "io.undertow.servlet.spec.HttpServletRequestImpl";
  private static final String HTTP_1 = "io.undertow.server.protocol.http.HttpServerConnection";
  private static final String HTTP_2 = "io.undertow.server.protocol.http2.Http2ServerConnection";

  /** HTTP/2 error code CANCEL, RFC 9113, 7. */
  private static final int CANCEL = 8;

  private final Object exchange;
  private final Object connection;

  private UndertowExchange(Object exchange) throws ReflectiveOperationException {
    this.exchange = exchange;
    this.connection = call(exchange, "getConnection");
  }

  /** Returns whether this is Undertow's request object. */
  static boolean isUndertow(ServletRequest original) {
    return original.getClass().getName().equals(REQUEST);
  }

  /**
   * Returns the exchange of a request.
   *
   * @throws ReflectiveOperationException if this version of Undertow differs
   */
  static UndertowExchange of(ServletRequest original) throws ReflectiveOperationException {
    return new UndertowExchange(call(original, "getExchange"));
  }

  /** Closes the connection, or resets the stream with HTTP/2. May be called from any thread. */
  void close() throws ReflectiveOperationException, IOException {
    if (connection.getClass().getName().equals(HTTP_2)) {
      // Its own close() fails for a request that was upgraded from HTTP/1.1.
      Object stream = field("responseChannel");
      Object http2 = field("channel");
      http2
          .getClass()
          .getMethod("sendRstStream", int.class, int.class)
          .invoke(http2, call(stream, "getStreamId"), CANCEL);
    } else {
      ((Closeable) connection).close();
    }
  }

  /**
   * Returns whether the client has left, as far as that is visible. For the thread of the request
   * only.
   */
  boolean isClientGone() throws ReflectiveOperationException {
    if (!((Channel) connection).isOpen()) {
      return true;
    }
    return switch (connection.getClass().getName()) {
      case HTTP_1 -> isEndOfConnection();
      case HTTP_2 -> !((Channel) field("responseChannel")).isOpen();
      default -> false;
    };
  }

  private boolean isEndOfConnection() throws ReflectiveOperationException {
    Method getSource = connection.getClass().getMethod("getOriginalSourceConduit");
    Class<?> conduit = getSource.getReturnType();
    Object source = getSource.invoke(connection);
    if (!(Boolean) call(exchange, "isRequestComplete")
        || (Boolean) conduit.getMethod("isReadShutdown").invoke(source)
        || connection.getClass().getMethod("getExtraBytes").invoke(connection) != null) {
      return false;
    }
    Object timeout = setReadTimeout(0);
    try {
      return read(source, conduit.getMethod("read", ByteBuffer.class)) < 0;
    } finally {
      setReadTimeout(timeout == null ? 0 : timeout);
    }
  }

  /** Reads what has come, and gives it back; returns -1 at the end, and if the read fails. */
  private int read(Object source, Method read) throws ReflectiveOperationException {
    Method getPool = connection.getClass().getMethod("getByteBufferPool");
    Method allocate = getPool.getReturnType().getMethod("allocate");
    Object pooled = allocate.invoke(getPool.invoke(connection));
    Class<?> type = allocate.getReturnType();
    ByteBuffer buffer = (ByteBuffer) type.getMethod("getBuffer").invoke(pooled);
    int count = -1;
    try {
      count = (Integer) read.invoke(source, buffer);
    } catch (InvocationTargetException failure) {
      if (!(failure.getCause() instanceof IOException)) {
        throw failure;
      }
    } finally {
      if (count > 0) {
        buffer.flip();
        connection.getClass().getMethod("ungetRequestBytes", type).invoke(connection, pooled);
      } else {
        type.getMethod("close").invoke(pooled);
      }
    }
    return count;
  }

  private @Nullable Object setReadTimeout(Object millis) throws ReflectiveOperationException {
    ClassLoader loader = connection.getClass().getClassLoader();
    Object option =
        Class.forName("org.xnio.Options", true, loader).getField("READ_TIMEOUT").get(null);
    return connection
        .getClass()
        .getMethod("setOption", Class.forName("org.xnio.Option", true, loader), Object.class)
        .invoke(connection, option, millis);
  }

  private static Object call(Object target, String method) throws ReflectiveOperationException {
    return target.getClass().getMethod(method).invoke(target);
  }

  private Object field(String name) throws ReflectiveOperationException {
    Field field = connection.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(connection);
  }
}
