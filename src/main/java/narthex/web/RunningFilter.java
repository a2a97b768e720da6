package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/** Counts requests while they are answered; the outermost filter. */
public final class RunningFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Inject private transient RunningRequests requests;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    requests.begun();
    try {
      chain.doFilter(request, response);
    } finally {
      requests.ended();
    }
  }
}
