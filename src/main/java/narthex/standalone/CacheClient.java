package narthex.standalone;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks a Narthex server, and uploads to it. Tries again if the connection breaks, or the server
 * answers 429 or 5xx. Closing it ends the waits before further tries. Thread-safe.
 */
final class CacheClient implements AutoCloseable {
  /** Most lines of a request to /missing-paths. */
  private static final int PATHS_AT_ONCE = 20_000;

  private static final Duration CONNECT = Duration.ofSeconds(20);

  /** Time for an answer. The server checks and stores a NAR before it answers. */
  private static final Duration ANSWER = Duration.ofMinutes(30);

  /** A body may be sent as slowly as that; the time for it comes on top. */
  private static final long SLOWEST_BYTES_PER_SECOND = 64 << 10;

  /** Longest pause before a further try that a server can ask for. */
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

  private static final int OK = 200;
  private static final int NO_CONTENT = 204;
  private static final int NOT_FOUND = 404;
  private static final int NOT_ALLOWED = 405;
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final Set<Integer> BUSY = Set.of(429, 503);
  private static final Set<Integer> PASSING = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final String base;
  private final @Nullable String token;
  private final Duration firstPause;
  private final int tries;
  private final Proxies proxies;
  private final HttpClient http;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Set<Thread> sending = ConcurrentHashMap.newKeySet();

  /**
   * An answer.
   *
   * @param text its body
   * @param retryAfter how long to wait before a further try; zero if the server doesn't say
   */
  record Answer(int status, String text, Duration retryAfter) {
    boolean isSuccess() {
      return status >= OK && status <= NO_CONTENT;
    }

    String line() {
      String reason = text.lines().findFirst().orElse("").strip();
      return "status " + status + (reason.isEmpty() ? "" : ": " + reason);
    }
  }

  /**
   * @param token null for none
   * @param tries how often to try each request
   * @param firstPause the pause before the second try; each further one is twice as long, or longer
   *     if the server asks for it
   */
  CacheClient(URI server, @Nullable String token, int tries, Duration firstPause) {
    this(server, token, tries, firstPause, new Proxies(System.getenv()));
  }

  CacheClient(URI server, @Nullable String token, int tries, Duration firstPause, Proxies proxies) {
    this.base = base(server);
    this.token = token;
    this.tries = tries;
    this.firstPause = firstPause;
    this.proxies = proxies;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT)
            .proxy(proxies)
            .followRedirects(HttpClient.Redirect.NEVER) // the token is for this server only
            .build();
  }

  /** Returns the URL of the cache, without a slash at the end and without {@code /upload}. */
  static String base(URI server) {
    return server.toString().replaceAll("/+$", "").replaceAll("/upload$", "");
  }

  String base() {
    return base;
  }

  /**
   * Finds which paths aren't stored.
   *
   * @throws IOException if the server can't say
   */
  List<String> missing(List<String> paths) throws IOException {
    List<String> missing = new ArrayList<>();
    for (int from = 0; from < paths.size(); from += PATHS_AT_ONCE) {
      List<String> some = paths.subList(from, Math.min(paths.size(), from + PATHS_AT_ONCE));
      String body = String.join("\n", some) + "\n";
      Answer answer = send("POST", "/missing-paths", () -> BodyPublishers.ofString(body));
      if (answer.status() == NOT_FOUND || answer.status() == NOT_ALLOWED) {
        throw new IOException(base + " is not a Narthex server, or an older one: " + answer.line());
      }
      answer.text().lines().filter(line -> !line.isEmpty()).forEach(missing::add);
      requireSuccess("asking which paths are missing", answer);
    }
    return missing;
  }

  /** Returns whether the server has a NAR, by its NarHash. */
  boolean hasNar(String narHash) throws IOException {
    Answer answer = send("HEAD", "/upload/nar/" + narHash + ".nar", BodyPublishers::noBody);
    return answer.status() == OK;
  }

  /**
   * Uploads a file below {@code /upload/}. The supplier is asked for each try.
   *
   * @throws IOException if the server refuses it, or all tries failed
   */
  void put(String name, Supplier<BodyPublisher> body) throws IOException {
    requireSuccess("uploading " + name, send("PUT", "/upload/" + name, body));
  }

  /** Like {@link #put}, but tries only once. */
  void putOnce(String name, BodyPublisher body) throws IOException {
    Answer answer = sendOnce("PUT", "/upload/" + name, body);
    if (PASSING.contains(answer.status())) {
      throw new PassingException(answer);
    }
    requireSuccess("uploading " + name, answer);
  }

  /** Sends a GET. */
  Answer get(String path) throws IOException {
    return send("GET", path, BodyPublishers::noBody);
  }

  /** Sends a request until the answer isn't a passing failure, at most as often as it may. */
  Answer send(String method, String path, Supplier<BodyPublisher> body) throws IOException {
    return retrying(
        () -> {
          Answer answer = sendOnce(method, path, body.get());
          if (PASSING.contains(answer.status())) {
            throw new PassingException(answer);
          }
          return answer;
        });
  }

  /** Something that may fail for a while. */
  interface Try<T> {
    T run() throws IOException;
  }

  /**
   * Does something again while it fails with a {@link PassingException}.
   *
   * @throws IOException the last failure
   */
  <T> T retrying(Try<T> once) throws IOException {
    Duration pause = firstPause;
    for (int number = 1; ; number++) {
      try {
        return once.run();
      } catch (PassingException e) {
        Duration wait = pause.compareTo(e.retryAfter) > 0 ? pause : e.retryAfter;
        if (number >= tries || isClosedAfter(wait)) {
          throw e;
        }
        pause = pause.multipliedBy(2);
      }
    }
  }

  /** A failure that may be over soon. */
  static final class PassingException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    PassingException(String message) {
      super(message);
      this.retryAfter = Duration.ZERO;
    }

    PassingException(Answer answer) {
      super(answer.line());
      this.retryAfter = answer.retryAfter();
    }
  }

  /** The server is elsewhere. */
  private static final class RedirectException extends IOException {
    private static final long serialVersionUID = 1L;

    RedirectException(String base, String location) {
      super(base + " redirects to " + location + "; use the URL of the server itself");
    }
  }

  @Override
  public void close() {
    closed.countDown();
    sending.forEach(Thread::interrupt);
  }

  private boolean isClosedAfter(Duration pause) throws IOException {
    try {
      return closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private Answer sendOnce(String method, String path, BodyPublisher body) throws IOException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + path))
            .timeout(time(body.contentLength()))
            .method(method, body);
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    proxies
        .authorization(URI.create(base + path))
        .ifPresent(login -> request.header("Proxy-Authorization", login));
    sending.add(Thread.currentThread());
    try {
      HttpResponse<String> answer =
          http.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
      if (REDIRECTS.contains(answer.statusCode())) {
        throw new RedirectException(base, answer.headers().firstValue("location").orElse("?"));
      }
      return new Answer(answer.statusCode(), answer.body(), retryAfter(answer));
    } catch (RedirectException e) {
      throw e;
    } catch (ConnectException e) {
      throw new PassingException("cannot connect to " + base);
    } catch (IOException e) {
      throw new PassingException(base + ": " + reason(e));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      sending.remove(Thread.currentThread());
    }
  }

  private static Duration retryAfter(HttpResponse<?> answer) {
    return BUSY.contains(answer.statusCode())
        ? answer
            .headers()
            .firstValue("retry-after")
            .map(value -> retryAfter(value, Instant.now()))
            .orElse(Duration.ZERO)
        : Duration.ZERO;
  }

  /**
   * How long a {@code Retry-After} asks to wait, seconds or a date: at most {@link #LONGEST_PAUSE},
   * and zero if it is malformed.
   */
  static Duration retryAfter(String value, Instant now) {
    Duration asked;
    try {
      asked =
          value.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value))
              : Duration.between(
                  now, DateTimeFormatter.RFC_1123_DATE_TIME.parse(value, Instant::from));
    } catch (DateTimeException malformed) {
      return Duration.ZERO;
    }
    Duration least = asked.isNegative() ? Duration.ZERO : asked;
    return least.compareTo(LONGEST_PAUSE) < 0 ? least : LONGEST_PAUSE;
  }

  /**
   * How long to wait for an answer.
   *
   * @param bodyBytes length of the body of the request; negative if it is unknown
   */
  static Duration time(long bodyBytes) {
    return ANSWER.plusSeconds(Math.max(0, bodyBytes) / SLOWEST_BYTES_PER_SECOND);
  }

  /** The first message of a failure and its causes. */
  private static String reason(IOException failure) {
    Optional<String> message =
        Stream.<Throwable>iterate(failure, cause -> cause != null, Throwable::getCause)
            .map(Throwable::getMessage)
            .filter(text -> text != null && !text.isEmpty())
            .findFirst();
    return message.orElse(failure.getClass().getSimpleName());
  }

  private static void requireSuccess(String what, Answer answer) throws IOException {
    if (!answer.isSuccess()) {
      throw new IOException(what + " was refused, " + answer.line());
    }
  }
}
