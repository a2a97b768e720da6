package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import narthex.nix.OneLine;

/**
 * Logs a line for each request when it ends: what was asked, the status, the bytes of the body, how
 * long it took, the {@link Outcome}, and who asked. The logger {@code narthex.access} has these
 * lines at DEBUG. Tokens and query strings are never logged.
 */
final class AccessLog {
  private static final System.Logger LOG = System.getLogger("narthex.access");

  private AccessLog() {}

  static void log(HttpServletRequest request, FinishedRequest finished) {
    if (!LOG.isLoggable(Level.DEBUG)) {
      return;
    }
    LOG.log(
        Level.DEBUG,
        "request method={0} path={1} status={2} bytes={3} ms={4} outcome={5} {6}",
        OneLine.of(finished.method()),
        OneLine.of(request.getRequestURI()),
        Integer.toString(finished.status()),
        Long.toString(finished.sentBytes()),
        Long.toString(TimeUnit.NANOSECONDS.toMillis(finished.nanos())),
        finished.outcome().word(),
        AccessFilter.who(request));
  }
}
