package narthex.web;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import narthex.nix.OneLine;

/**
 * Logs a line for each request when it ends: what was asked, the status, the bytes of the body, how
 * long it took, the {@link Outcome}, and who asked. The logger {@code narthex.access} has these
 * lines at DEBUG. Tokens and query strings are never logged. Bytes that the server sends by
 * sendfile count as sent when it begins.
 */
public final class AccessLogFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger("narthex.access");

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    if (!LOG.isLoggable(Level.DEBUG)) {
      chain.doFilter(request, response);
      return;
    }
    Outcome.observe(request);
    long start = System.nanoTime();
    try {
      chain.doFilter(request, response);
    } finally {
      if (request.isAsyncStarted()) {
        request.getAsyncContext().addListener(new AtEnd(request, response, start));
      } else {
        log(request, response, start);
      }
    }
  }

  private static void log(HttpServletRequest request, HttpServletResponse response, long start) {
    LOG.log(
        Level.DEBUG,
        "request method={0} path={1} status={2} bytes={3} ms={4} outcome={5} {6}",
        OneLine.of(request.getMethod()),
        OneLine.of(request.getRequestURI()),
        Integer.toString(response.getStatus()),
        Long.toString(ClientResponse.sentBytes(request) + NarBodySender.sendfileBytes(request)),
        Long.toString(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start)),
        Outcome.of(request).map(Outcome::word).orElse("-"),
        AccessFilter.who(request));
  }

  /** Logs a request that had to wait for a thread, when it ends. */
  private record AtEnd(HttpServletRequest request, HttpServletResponse response, long start)
      implements AsyncListener {
    @Override
    public void onComplete(AsyncEvent event) {
      log(request, response, start);
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      event.getAsyncContext().addListener(this); // the server has forgotten the listeners
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      // the request completes next
    }

    @Override
    public void onError(AsyncEvent event) {
      // the request completes next
    }
  }
}
