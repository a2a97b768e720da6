package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Puts the {@link Site} on every request. It must be the first filter: all others, and all
 * servlets, take the site from the request.
 */
public final class SiteFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;

  private transient @Nullable Site site;

  @Override
  public void init() {
    site = Site.publishedIn(getServletContext());
  }

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    Objects.requireNonNull(site).putOn(request);
    chain.doFilter(request, response);
  }
}
