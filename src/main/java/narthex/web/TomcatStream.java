package narthex.web;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;

/** The HTTP/2 stream of a request in Tomcat, by reflection. May be used from any thread. */
final class TomcatStream {
  private static final String PROCESSOR = "org.apache.coyote.http2.StreamProcessor";
  private static final String RESET = "org.apache.coyote.http2.StreamException";
  private static final String ERROR = "org.apache.coyote.http2.Http2Error";

  private final Object stream;

  /**
   * @param processor an object that {@link #isBehind} accepts
   */
  TomcatStream(Object processor) throws ReflectiveOperationException {
    Field field = processor.getClass().getDeclaredField("stream");
    field.setAccessible(true);
    this.stream = field.get(processor);
  }

  /** Returns whether such a stream is behind this object, which processes a request. */
  static boolean isBehind(Object processor) {
    return processor.getClass().getName().equals(PROCESSOR);
  }

  /**
   * Returns whether the stream is open for the response. It is not after the client has reset it or
   * closed the connection: Tomcat's own thread for the connection then resets the stream.
   */
  boolean isOpen() throws ReflectiveOperationException {
    return (Boolean) method("canWrite").invoke(stream);
  }

  /**
   * Resets the stream. Other streams of the connection go on.
   *
   * @param reason a text for Tomcat's debug log
   */
  void reset(String reason) throws ReflectiveOperationException {
    ClassLoader loader = stream.getClass().getClassLoader();
    Class<?> error = Class.forName(ERROR, true, loader);
    Field code = error.getDeclaredField("INTERNAL_ERROR");
    code.setAccessible(true);
    Class<?> type = Class.forName(RESET, true, loader);
    Constructor<?> constructor = type.getDeclaredConstructor(String.class, error, int.class);
    constructor.setAccessible(true);
    Object reset =
        constructor.newInstance(reason, code.get(null), method("getIdAsInt").invoke(stream));
    method("close", type.getSuperclass()).invoke(stream, reset);
  }

  private Method method(String name, Class<?>... parameters) throws NoSuchMethodException {
    for (Class<?> type = stream.getClass(); type != null; type = type.getSuperclass()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals(name)
            && Arrays.equals(method.getParameterTypes(), parameters)) {
          method.setAccessible(true);
          return method;
        }
      }
    }
    throw new NoSuchMethodException(stream.getClass().getName() + "." + name);
  }
}
