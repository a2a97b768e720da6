package narthex.web;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.System.Logger.Level;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/** A request's leave to hold its thread; closing it gives the permit back. For one thread. */
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

  /** With this permit, while the client reads at this pace. */
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

  /** Whether the caller has nothing to do: it will be called again, or the client was refused. */
  boolean isWaiting() {
    return state == State.WAITING;
  }

  /** The request to answer. */
  HttpServletRequest request() {
    return request;
  }

  /** The response to write to. */
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

  /** Tomcat sends no file by itself for a request that was dispatched again: it would hang. */
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
