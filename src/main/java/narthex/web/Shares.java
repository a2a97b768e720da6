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
 * Shares the request threads out among the kinds of {@link Work}, so that no kind takes them all.
 * What has no share (health, what is answered from memory, small pages) finds the rest free.
 *
 * <p>A request whose share is used up waits without a thread: its servlet returns, and the server
 * dispatches it to the same servlet again when a permit is there. One that waited in vain is
 * refused. While somebody waits, readers that are too slow are broken off. Thread-safe.
 */
public final class Shares implements Closeable {
  private static final System.Logger LOG = System.getLogger(Shares.class.getName());

  /** The request's attribute that holds the permit which it waited for. */
  private static final String GRANTED = Share.class.getName();

  /** The longest queue of one kind of work: what waits holds a connection and its buffers. */
  private static final int MOST_WAITING = 2048;

  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofSeconds(1);
  private static final String RETRY_AFTER_SECONDS = "10";
  private static final Pattern PLAIN_PATH = Pattern.compile("/[A-Za-z0-9/._-]*");

  /**
   * How much there is to share.
   *
   * @param threads the request threads of the server
   * @param readerWindow how long readers are measured while others wait
   * @param minReadBytesPerSecond what readers have to take over that; 0 is any
   */
  public record Limits(int threads, Duration readerWindow, long minReadBytesPerSecond) {}

  private final Map<Work, Share> shares = new EnumMap<>(Work.class);
  private final Set<Parked> parked = ConcurrentHashMap.newKeySet();
  private final ReaderPace.Limits pace;
  private final ScheduledExecutorService timer;
  private final AtomicBoolean looking = new AtomicBoolean();
  private volatile boolean closed;

  /**
   * @param timer runs the looks for slow readers; belongs to whoever made it
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

  /** Tells that a request needs no permit after all; asked only when there is none. */
  interface Exemption {
    /** Whether it will not wait for anybody. */
    boolean isQuick() throws IOException;
  }

  /**
   * Takes a turn. If it {@linkplain Turn#isWaiting is waiting}, the caller returns at once and does
   * nothing more: it will be called again, or the client was refused.
   */
  Turn take(Work work, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    return take(work, request, response, () -> false);
  }

  /** Takes a turn, without a permit if there is none and none is needed. */
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

  /** A path of the same servlet that every server dispatches to as it is. */
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
          "upstream caches are busy, try again");
    } else {
      response.setHeader("Retry-After", RETRY_AFTER_SECONDS);
      Answers.line(
          request,
          response,
          HttpServletResponse.SC_SERVICE_UNAVAILABLE,
          "too much to do just now: try again");
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
   * Refuses all that wait, and lets nobody wait any more; breaks off the readers that do not read,
   * as nothing else would end their requests.
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
      } catch (UnsupportedOperationException stopping) { // Tomcat's paths lead nowhere any more
        closed = true;
      } catch (RuntimeException ended) { // the client is gone
        LOG.log(Level.DEBUG, "a request that waited cannot go on", ended);
      }
      permit = null;
      end();
      return false;
    }

    /** Refuses the client, unless its turn came. */
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

    /** The last event of every request, also of one whose servlet never came to take its turn. */
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
      // the same request does not wait twice
    }
  }

  /** Whether a request was dispatched again after a wait. */
  static boolean hasWaited(HttpServletRequest request) {
    return request.getDispatcherType() == DispatcherType.ASYNC;
  }
}
