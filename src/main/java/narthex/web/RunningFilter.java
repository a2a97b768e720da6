package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Set;
import narthex.web.RunningRequests.Sender;

/**
 * Counts running requests, see {@link RunningRequests}. Must be the outermost filter after {@link
 * SiteFilter}.
 */
public final class RunningFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  /** The paths that monitoring, or an open page of an administrator, asks for; see web.xml. */
  private static final Set<String> MONITORING =
      Set.of("/healthz", "/readyz", "/metrics", "/admin/state");

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    RunningRequests requests = Site.of(request).resources().running();
    Sender sender = sender(request.getServletPath());
    requests.begun(sender);
    try {
      chain.doFilter(request, response);
    } finally {
      requests.ended(sender);
    }
  }

  /** Returns who asks for a path. */
  static Sender sender(String servletPath) {
    return MONITORING.contains(servletPath) ? Sender.MONITORING : Sender.CLIENT;
  }
}
