package narthex.web;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.Principal;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import narthex.nix.OneLine;

/**
 * Enforces the {@link AccessRule} before any filter or servlet reads the request body. Answers 401
 * with challenges for Basic and Bearer if the request has no valid credentials, and 403 if they
 * don't grant the needed scope, or if the {@linkplain AccessRule#isClosed path is closed}. A token
 * or a role of the application server grants a scope. An unknown token is ignored where no scope is
 * needed: clients send their token with every request.
 *
 * <p>Requests that change something as administrator may not come from another site; see {@link
 * RequestOrigin}.
 */
public final class AccessFilter extends HttpFilter {
  private static final long serialVersionUID = 1L;
  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());

  private static final String CLOSED =
      "administration is off on this server; set narthex.token.admin, or narthex.access.require to"
          + " admin";

  private static final String METRICS_CLOSED =
      "metrics are off on this server; set narthex.token.metrics, narthex.token.admin, or"
          + " narthex.metrics.public to true";

  /** Request attribute: the highest {@link Scope} that the credentials grant. */
  private static final String HELD = Scope.class.getName();

  @Override
  protected void doFilter(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    AccessRule rule = Site.of(request).access();
    if (rule.isClosed(path(request))) {
      String line = path(request).equals(AccessRule.METRICS_PATH) ? METRICS_CLOSED : CLOSED;
      refuse(request, response, HttpServletResponse.SC_FORBIDDEN, line);
      return;
    }
    Optional<Scope> needed = rule.needed(request.getMethod(), path(request));
    if (needed.isPresent()
        || request.getMethod().equals("PUT")
        || RequestOrigin.isMarked(request)) {
      held(request, rule).ifPresent(scope -> request.setAttribute(HELD, scope));
    }
    if (needed.isPresent() && !isGranted(needed.get(), request, response, rule)) {
      return;
    }
    chain.doFilter(request, rule.guardsReading() ? new PrivateResponse(response) : response);
  }

  /** Returns whether the credentials of a request grant the needed scope; else refuses it. */
  private static boolean isGranted(
      Scope needed, HttpServletRequest request, HttpServletResponse response, AccessRule rule)
      throws IOException {
    Optional<Scope> held = Optional.ofNullable(request.getAttribute(HELD)).map(Scope.class::cast);
    if (held.isEmpty() && request.getUserPrincipal() == null) {
      if (!RequestOrigin.wantsNoPassword(request)) {
        response.addHeader("WWW-Authenticate", "Basic realm=\"Narthex\", charset=\"UTF-8\"");
      }
      response.addHeader("WWW-Authenticate", "Bearer realm=\"Narthex\"");
      refuse(request, response, HttpServletResponse.SC_UNAUTHORIZED, "a token is needed");
      return false;
    }
    if (held.isEmpty() || !held.get().includes(needed)) {
      refuse(request, response, HttpServletResponse.SC_FORBIDDEN, "not allowed");
      return false;
    }
    boolean isByBearer =
        PresentedToken.findBearer(request.getHeader("Authorization"))
            .flatMap(rule::granted)
            .filter(scope -> scope.includes(needed))
            .isPresent();
    String suspicion =
        needed == Scope.ADMIN && !isByBearer ? RequestOrigin.suspicion(request) : null;
    if (suspicion != null) {
      refuse(request, response, HttpServletResponse.SC_FORBIDDEN, suspicion);
      return false;
    }
    return true;
  }

  /**
   * Returns whether the credentials of a request grant a scope. Always false for a request that
   * needs no scope, except PUT and requests of our page: the filter doesn't check its credentials.
   */
  static boolean isHeld(HttpServletRequest request, Scope scope) {
    return request.getAttribute(HELD) instanceof Scope held && held.includes(scope);
  }

  /** Says who sent a request, for the log: the address, the user and the granted scope. */
  static String who(HttpServletRequest request) {
    Principal user = request.getUserPrincipal();
    Object scope = request.getAttribute(HELD);
    return "client="
        + OneLine.of(request.getRemoteAddr())
        + (user == null ? "" : " user=" + OneLine.of(user.getName()))
        + (scope instanceof Scope held ? " scope=" + held.name().toLowerCase(Locale.ROOT) : "");
  }

  private static String path(HttpServletRequest request) {
    String rest = request.getPathInfo();
    return rest == null ? request.getServletPath() : request.getServletPath() + rest;
  }

  /** Returns the highest scope that the token or the roles of a request grant. */
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
        Level.INFO,
        "access refused status={0} method={1} path={2} {3}",
        Integer.toString(status),
        OneLine.of(request.getMethod()),
        OneLine.of(request.getRequestURI()),
        who(request));
    Answers.line(request, response, status, line);
  }
}
