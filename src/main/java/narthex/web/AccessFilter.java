package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.nix.OneLine;

/**
 * Refuses whoever may not do what is asked, by the {@link AccessRule}, before a byte of a body is
 * read. A scope is proved by a token, or by a role that the application server knows somebody by. A
 * token that nobody knows is no harm where none is needed: clients send theirs everywhere.
 */
public final class AccessFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());

  /** The request's attribute that holds the highest scope that was proved. */
  private static final String HELD = Scope.class.getName();

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    AccessRule rule = Site.of(request).access();
    Optional<Scope> needed = rule.needed(request.getMethod(), path(request));
    if (needed.isPresent() || request.getMethod().equals("PUT")) {
      held(request, rule).ifPresent(scope -> request.setAttribute(HELD, scope));
    }
    if (needed.isPresent()) {
      Optional<Scope> held = Optional.ofNullable(request.getAttribute(HELD)).map(Scope.class::cast);
      if (held.isEmpty() && request.getUserPrincipal() == null) {
        response.addHeader("WWW-Authenticate", "Basic realm=\"Narthex\", charset=\"UTF-8\"");
        response.addHeader("WWW-Authenticate", "Bearer realm=\"Narthex\"");
        refuse(request, response, HttpServletResponse.SC_UNAUTHORIZED, "a token is needed");
        return;
      }
      if (held.isEmpty() || !held.get().includes(needed.get())) {
        refuse(request, response, HttpServletResponse.SC_FORBIDDEN, "not allowed");
        return;
      }
    }
    chain.doFilter(request, rule.guardsReading() ? new PrivateResponse(response) : response);
  }

  /** Whether whoever sent this request proved to have a scope; only known where one counts. */
  static boolean isHeld(HttpServletRequest request, Scope scope) {
    return request.getAttribute(HELD) instanceof Scope held && held.includes(scope);
  }

  private static String path(HttpServletRequest request) {
    String rest = request.getPathInfo();
    return rest == null ? request.getServletPath() : request.getServletPath() + rest;
  }

  /** The highest scope that is proved by a token or a role. */
  private static Optional<Scope> held(HttpServletRequest request, AccessRule rule) {
    Optional<Scope> byToken =
        PresentedToken.find(request.getHeader("Authorization")).flatMap(rule::granted);
    Stream<Scope> byRole =
        request.getUserPrincipal() == null
            ? Stream.empty()
            : Arrays.stream(Scope.values()).filter(scope -> request.isUserInRole(scope.role()));
    return Stream.concat(byToken.stream(), byRole).max(Scope::compareTo);
  }

  private static void refuse(
      HttpServletRequest request, HttpServletResponse response, int status, String line)
      throws IOException {
    LOG.log(
        Level.DEBUG,
        "access refused status={0} method={1} path={2}",
        Integer.toString(status),
        OneLine.of(request.getMethod()),
        OneLine.of(request.getRequestURI()));
    Answers.line(request, response, status, line);
  }
}
