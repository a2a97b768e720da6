package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.System.Logger.Level;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * The result of {@link Shares#take}: the request may run, or the caller must return. Closing it
 * releases the permit, if any. Not thread-safe.
 */
final class Turn implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Turn.class.getName());

  private enum State {
    WAITING,
    AT_WORK
  }

  private final State state;
  private final Share.@Nullable Permit permit;
  private final HttpServletRequest request;
  private final HttpServletResponse response;

  private Turn(
      State state,
      Share.@Nullable Permit permit,
      HttpServletRequest request,
      HttpServletResponse response) {
    this.state = state;
    this.permit = permit;
    this.request = request;
    this.response = response;
  }

  /** A turn with a permit; the client must read the response at this rate. */
  Turn(
      Share.Permit permit,
      HttpServletRequest request,
      HttpServletResponse response,
      ReaderPace.Limits limits) {
    this(
        State.AT_WORK,
        permit,
        Shares.hasWaited(request) ? new CopiedRequest(request) : request,
        paced(permit, request, response, limits));
  }

  static Turn withoutPermit(HttpServletRequest request, HttpServletResponse response) {
    return new Turn(State.AT_WORK, null, request, response);
  }

  static Turn waiting(HttpServletRequest request, HttpServletResponse response) {
    return new Turn(State.WAITING, null, request, response);
  }

  /**
   * Returns whether the caller must return without a response: the request waits for a permit, or
   * has been refused.
   */
  boolean isWaiting() {
    return state == State.WAITING;
  }

  /** Returns the request to use in place of the original one. */
  HttpServletRequest request() {
    return request;
  }

  /** Returns the response to use in place of the original one. */
  HttpServletResponse response() {
    return response;
  }

  @Override
  public void close() {
    if (permit != null) {
      permit.release();
    }
  }

  private static HttpServletResponse paced(
      Share.Permit permit,
      HttpServletRequest request,
      HttpServletResponse response,
      ReaderPace.Limits limits) {
    if (limits.minBytesPerSecond() == 0) {
      return response;
    }
    ReaderPace pace =
        new ReaderPace(
            limits,
            writer -> {
              LOG.log(
                  Level.INFO,
                  "slow reader disconnected path={0}",
                  OneLine.of(request.getRequestURI()));
              ServerRequest.breakWrite(request, writer);
            });
    permit.watch(pace);
    return new PacedResponse(response, pace);
  }

  /**
   * Hides Tomcat's support for sendfile: a request that was dispatched asynchronously would hang.
   */
  private static final class CopiedRequest extends HttpServletRequestWrapper {
    private static final String SENDFILE = "org.apache.tomcat.sendfile.support";

    CopiedRequest(HttpServletRequest request) {
      super(request);
    }

    @Override
    public @Nullable Object getAttribute(String name) {
      return name.equals(SENDFILE) ? null : super.getAttribute(name);
    }
  }
}
