package narthex.web;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;
import narthex.nix.OneLine;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many request threads each kind of {@link Work} may occupy, so that no kind can exhaust
 * them. The remaining threads serve requests that take no permit: health checks, responses from
 * memory, small pages.
 *
 * <p>A request that gets no permit waits without a thread: its servlet starts asynchronous
 * processing and returns, and the request is dispatched to the same servlet again when it has a
 * permit. After 60 seconds without a permit it is refused. While requests wait, responses to slow
 * clients are aborted. Thread-safe.
 */
public final class Shares implements Closeable {
  private static final System.Logger LOG = System.getLogger(Shares.class.getName());

  /** Request attribute: the permit that was granted to a request after a wait. */
  private static final String GRANTED = Share.class.getName();

  /** Longest queue of one kind of work. A waiting request holds a connection and its buffers. */
  private static final int MOST_WAITING = 2048;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final String RETRY_AFTER_SECONDS = "10";
  private static final Pattern PLAIN_PATH = Pattern.compile("/[A-Za-z0-9/._-]*");

  /**
   * Configured limits.
   *
   * @param threads the request threads of the server
   * @param readerWindow time of blocked writes over which the rate of a client is measured
   * @param minReadBytesPerSecond lowest rate at which a client may read a response while other
   *     requests wait; 0 for no limit
   */
  public record Limits(int threads, Duration readerWindow, long minReadBytesPerSecond) {}

  private final Map<Work, Share> shares = new EnumMap<>(Work.class);
  private final Set<Parked> parked = ConcurrentHashMap.newKeySet();
  private final ReaderPace.Limits pace;
  private final ScheduledExecutorService timer;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * @param timer runs the checks for slow readers; the caller shuts it down
   */
  public Shares(Limits limits, ScheduledExecutorService timer) {
    this(limits, timer, System::nanoTime);
  }

  Shares(Limits limits, ScheduledExecutorService timer, LongSupplier nanoClock) {
    for (Work work : Work.values()) {
      shares.put(work, new Share(work.share(limits.threads()), MOST_WAITING));
    }
    this.pace =
        new ReaderPace.Limits(limits.readerWindow(), limits.minReadBytesPerSecond(), nanoClock);
    this.timer = timer;
  }

  /** Decides whether a request may run without a permit. Called only if no permit is free. */
  interface Exemption {
    /** Returns whether the request doesn't block on an upstream or on the client. */
    boolean isQuick() throws IOException;
  }

  /**
   * Takes a permit, or queues or refuses the request. The caller closes the turn. If the turn
   * {@linkplain Turn#isWaiting is waiting}, the caller must return without a response: the server
   * dispatches the request again later, or the request was refused.
   */
  Turn take(Work work, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    return take(work, request, response, () -> false);
  }

  /**
   * As {@link #take(Work, HttpServletRequest, HttpServletResponse)}, but runs the request without a
   * permit if none is free and {@code exemption} allows it.
   */
  Turn take(
      Work work, HttpServletRequest request, HttpServletResponse response, Exemption exemption)
      throws IOException {
    if (request.getAttribute(GRANTED) instanceof Share.Permit granted) {
      return new Turn(granted, request, response, pace);
    }
    String client = String.valueOf(request.getRemoteAddr());
    Share share = share(work);
    Share.Permit permit = share.tryTake(client);
    if (permit != null) {
      return new Turn(permit, request, response, pace);
    }
    if (exemption.isQuick()) {
      return Turn.withoutPermit(request, response);
    }
    if (closed || !request.isAsyncSupported() || !share.hasPlace(client)) {
      refuse(work, request, response);
      return Turn.waiting(request, response);
    }
    Parked waiting = new Parked(work, target(request), request.startAsync());
    waiting.park(share, client);
    return Turn.waiting(request, response);
  }

  private Share share(Work work) {
    Share share = shares.get(work);
    if (share == null) {
      throw new IllegalArgumentException(work.name());
    }
    return share;
  }

  /**
   * Returns a path that dispatches to the same servlet. Paths with other characters are replaced by
   * {@code /}, because servers decode or normalise them in different ways.
   */
  private static String target(HttpServletRequest request) {
    String rest = request.getPathInfo();
    if (rest == null) {
      return request.getServletPath();
    }
    return request.getServletPath() + (PLAIN_PATH.matcher(rest).matches() ? rest : "/");
  }

  private static void refuse(Work work, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    LOG.log(
        Level.INFO,
        "request refused, too many requests waiting work={0} method={1} path={2}",
        work,
        OneLine.of(request.getMethod()),
        OneLine.of(request.getRequestURI()));
    if (work.refusal() == Work.Refusal.MISS) {
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_NOT_FOUND,
          "too many upstream requests are waiting, try again later");
    } else {
      response.setHeader("Retry-After", RETRY_AFTER_SECONDS);
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_SERVICE_UNAVAILABLE,
          "the server is busy, try again later");
    }
  }

  private void lookLater() {
    if (pace.minBytesPerSecond() > 0 && !closed && looking.compareAndSet(false, true)) {
      timer.schedule(this::look, LOOK.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    looking.set(false);
    for (Share share : shares.values()) {
      if (share.isAwaited()) {
        share.breakOffSlowReaders();
      }
    }
    if (!parked.isEmpty()) {
      lookLater();
    }
  }

  /**
   * Refuses all waiting requests and all later ones that would have to wait. Aborts the responses
   * whose writes are blocked, because nothing else would end them. Doesn't shut the timer down.
   */
  @Override
  public void close() {
    closed = true;
    for (Parked waiting : parked) {
      waiting.giveUp();
    }
    shares.values().forEach(Share::breakOffAllReaders);
  }

  /** A request that waits without a thread. */
  private final class Parked implements AsyncListener {
    private final Work work;
    private final String target;
    private final AsyncContext context;
    private volatile Share.@Nullable Waiting place;
    private volatile Share.@Nullable Permit permit;

    Parked(Work work, String target, AsyncContext context) {
      this.work = work;
      this.target = target;
      this.context = context;
    }

    void park(Share share, String client) {
      context.setTimeout(LONGEST_WAIT.toMillis());
      context.addListener(this);
      parked.add(this);
      place = share.await(client, this::proceed);
      if (place == null) {
        end();
        return;
      }
      lookLater();
      if (closed) {
        giveUp();
      }
    }

    private boolean proceed(Share.Permit granted) {
      permit = granted;
      try {
        if (!closed) {
          context.getRequest().setAttribute(GRANTED, granted);
          context.dispatch(target);
          parked.remove(this);
          return true;
        }
      } catch (UnsupportedOperationException stopping) { // Tomcat has stopped this application
        closed = true;
      } catch (RuntimeException ended) { // the client is gone
        LOG.log(Level.DEBUG, "a request that waited cannot go on", ended);
      }
      permit = null;
      end();
      return false;
    }

    /** Refuses the request unless it has been granted a permit. */
    private void giveUp() {
      Share.Waiting waiting = place;
      if (waiting != null && waiting.leave()) {
        end();
      }
    }

    private void end() {
      parked.remove(this);
      try {
        refuse(
            work,
            (HttpServletRequest) context.getRequest(),
            (HttpServletResponse) context.getResponse());
        context.complete();
      } catch (IOException | RuntimeException ended) {
        LOG.log(Level.DEBUG, "a request that waited has ended", ended);
      }
    }

    @Override
    public void onTimeout(AsyncEvent event) {
      giveUp();
    }

    /**
     * Called last for every request, even if the servlet was never dispatched again; so a permit
     * cannot leak.
     */
    @Override
    public void onComplete(AsyncEvent event) {
      parked.remove(this);
      Share.Waiting waiting = place;
      if (waiting != null) {
        waiting.leave();
      }
      Share.Permit granted = permit;
      if (granted != null) {
        granted.release();
      }
    }

    @Override
    public void onError(AsyncEvent event) {
      // onComplete follows
    }

    @Override
    public void onStartAsync(AsyncEvent event) {
      // a request waits only once
    }
  }

  /** Returns whether this is the dispatch after a wait. */
  static boolean hasWaited(HttpServletRequest request) {
    return request.getDispatcherType() == DispatcherType.ASYNC;
  }
}
