package narthex.standalone;

import jakarta.servlet.ServletException;
import java.io.IOException;
import java.util.List;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.RemoteIpValve;

/**
 * Takes client address, scheme, host and port from the headers of a reverse proxy. Like Tomcat's
 * default, trusts only proxies with loopback or private addresses. Requests without such headers
 * skip Tomcat's check of the address.
 */
final class ReverseProxies extends RemoteIpValve {
  private static final String PROTOCOL = "X-Forwarded-Proto";
  private static final String HOST = "X-Forwarded-Host";
  private static final String PORT = "X-Forwarded-Port";

  private final List<String> headers;

  ReverseProxies() {
    setProtocolHeader(PROTOCOL);
    setHostHeader(HOST);
    setPortHeader(PORT);
    this.headers = List.of(getRemoteIpHeader(), PROTOCOL, HOST, PORT);
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    for (String header : headers) {
      if (request.getHeader(header) != null) {
        super.invoke(request, response);
        return;
      }
    }
    getNext().invoke(request, response);
  }
}
