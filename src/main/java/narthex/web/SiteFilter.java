package narthex.web;

import jakarta.inject.Inject;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * Puts the {@link Site} on every request. It must be the first filter: all others, and all
 * servlets, take the site from the request.
 */
public final class SiteFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  @Inject private transient Site site;

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    site.putOn(request);
    chain.doFilter(request, response);
  }
}
