package narthex.web;

import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Measures each request, and tells the {@link AccessLog} and the site's {@link RequestObserver}
 * when it ends.
 */
public final class ObservingFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    RequestKind kind = RequestKind.of(request); // now: a dispatch changes the path
    long start = System.nanoTime();
    try {
      chain.doFilter(request, response);
    } finally {
      Running running = new Running(request, response, kind, start);
      if (request.isAsyncStarted()) {
        request.getAsyncContext().addListener(running);
      } else {
        running.finish();
      }
    }
  }

  /** A request that may have to wait for a thread; as a listener, it is told of the end. */
  private record Running(
      HttpServletRequest request, HttpServletResponse response, RequestKind kind, long start)
      implements AsyncListener {
    void finish() {
      long nanos = System.nanoTime() - start;
      FinishedRequest finished =
          new FinishedRequest(
              kind,
              request.getMethod(),
              response.getStatus(),
              ClientResponse.sentBytes(request) + NarBodySender.sendfileBytes(request),
              Outcome.of(request),
              ClientResponse.firstByteAt(request).orElse(start + nanos) - start,
              nanos);
      AccessLog.log(request, finished);
      Site.of(request).observer().finished(finished);
    }

    @Override
    public void onComplete(AsyncEvent event) {
      finish();
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
