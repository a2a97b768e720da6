package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** Requests with headers only, and responses that record headers and status only. */
final class Requests {
  private Requests() {}

  /** Returns a request with these headers: names and values alternate. */
  static HttpServletRequest with(String... namesAndValues) {
    Map<String, String> headers = new HashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.put(namesAndValues[i].toLowerCase(Locale.ROOT), namesAndValues[i + 1]);
    }
    return proxy(
        HttpServletRequest.class,
        (self, method, arguments) -> {
          if (!method.getName().equals("getHeader")) {
            throw new UnsupportedOperationException(method.getName());
          }
          return headers.get(arguments[0].toString().toLowerCase(Locale.ROOT));
        });
  }

  /** Returns a request of this protocol to a server that can use sendfile. */
  static HttpServletRequest withSendfile(String protocol) {
    return proxy(
        HttpServletRequest.class,
        (self, method, arguments) ->
            switch (method.getName()) {
              case "getProtocol" -> protocol;
              case "getAttribute" -> arguments[0].equals("org.apache.tomcat.sendfile.support");
              default -> throw new UnsupportedOperationException(method.getName());
            });
  }

  /**
   * Returns a response that records headers in the map by name, and its status as {@code status}.
   */
  static HttpServletResponse recordingTo(Map<String, Object> seen) {
    return proxy(
        HttpServletResponse.class,
        (self, method, arguments) -> {
          switch (method.getName()) {
            case "setHeader" -> seen.put(arguments[0].toString(), arguments[1]);
            case "setStatus" -> seen.put("status", arguments[0]);
            default -> throw new UnsupportedOperationException(method.getName());
          }
          return null;
        });
  }

  private static <T> T proxy(Class<T> type, InvocationHandler answers) {
    return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, answers));
  }
}
