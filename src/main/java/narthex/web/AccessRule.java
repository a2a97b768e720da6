package narthex.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import narthex.nix.Sha256;

/**
 * The access rule of a cache: the scope that a request needs, and the scope that a token grants.
 * Thread-safe.
 *
 * <p>A scope is guarded if a token for it is configured, or if the settings require it (for setups
 * that use roles of the application server instead of tokens). The method determines the scope that
 * a request needs. If that scope isn't guarded, the request needs the next lower scope that is; if
 * none is, it needs no scope. {@code POST /missing-paths} counts as reading. So with only a read
 * token, uploads need that token too; with only a write token, reading is open.
 *
 * <p>Paths of the administration need the scope admin for every method, and are closed to everyone
 * if that scope isn't guarded. The metrics need the scope metrics if it is guarded, else like the
 * administration the scope admin, unless they are public. The administrators' page, without what it
 * shows, needs no scope.
 */
public final class AccessRule {
  /**
   * Probes of supervisors and load balancers. Their responses reveal nothing about stored objects.
   */
  private static final Set<String> ALWAYS_OPEN = Set.of("/healthz", "/readyz");

  /** The path of the metrics. */
  static final String METRICS_PATH = "/metrics";

  /** First segments of the paths of the administration. */
  private static final Set<String> ADMINISTRATION = Set.of("admin", "pin", "pins");

  /**
   * The page for administrators and its files, which hide nothing: anybody may load them to log in.
   * {@code /admin/session} says whether somebody has.
   */
  private static final Pattern ADMIN_PAGE =
      Pattern.compile("/admin(?:/|/session|/[a-z]+\\.(?:html|js|css|svg))?");

  /** Safe methods (RFC 9110, 9.2.1). */
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  /** Who may read the metrics. */
  public enum Metrics {
    /** Everyone. */
    PUBLIC,
    /** Only those with a scope. */
    GUARDED
  }

  private final Map<Scope, Supplier<List<Sha256>>> tokens;
  private final Set<Scope> guarded;

  /** What a request that asks for a scope needs, see {@link #lowered}: found once. */
  private final Map<Scope, Optional<Scope>> needed = new EnumMap<>(Scope.class);

  private final Metrics metrics;

  /**
   * Makes a rule.
   *
   * @param tokens SHA-256 hashes of the tokens, for each scope that has any. With hashes, the time
   *     of a comparison reveals nothing about a token. The suppliers are called for every request,
   *     since tokens may change
   * @param required scopes that are guarded even if no token is set
   * @param metrics who may read the metrics
   */
  public AccessRule(
      Map<Scope, Supplier<List<Sha256>>> tokens, Set<Scope> required, Metrics metrics) {
    this.metrics = metrics;
    this.tokens = new EnumMap<>(Scope.class);
    this.tokens.putAll(tokens);
    this.guarded = EnumSet.noneOf(Scope.class);
    this.guarded.addAll(tokens.keySet());
    this.guarded.addAll(required);
    for (Scope asked : Scope.values()) {
      needed.put(asked, lowered(asked));
    }
  }

  /** Returns whether reading needs a scope. */
  boolean guardsReading() {
    return guarded.contains(Scope.READ);
  }

  /**
   * Returns whether nobody may use a path: it belongs to the administration, and the scope admin
   * isn't guarded; or it is that of the metrics, and nothing says who may read them.
   *
   * @param path the decoded path, without the context path
   */
  boolean isClosed(String path) {
    if (guarded.contains(Scope.ADMIN)) {
      return false;
    }
    boolean isMetrics = path.equals(METRICS_PATH) && metrics == Metrics.GUARDED;
    return isAdministration(path) || isMetrics && !guarded.contains(Scope.METRICS);
  }

  private static boolean isAdministration(String path) {
    int end = path.indexOf('/', 1);
    String first = path.substring(Math.min(1, path.length()), end < 0 ? path.length() : end);
    return ADMINISTRATION.contains(first);
  }

  /**
   * Returns the scope that a request needs; empty if it needs none.
   *
   * @param path the decoded path, without the context path
   */
  Optional<Scope> needed(String method, String path) {
    boolean isRead = READING.contains(method);
    if (isAdministration(path)) {
      return isRead && ADMIN_PAGE.matcher(path).matches()
          ? Optional.empty()
          : Optional.of(Scope.ADMIN);
    }
    if (isRead && ALWAYS_OPEN.contains(path)) {
      return Optional.empty();
    }
    if (path.equals(METRICS_PATH)) {
      return neededForMetrics();
    }
    Scope asked = path.equals(MissingPathsServlet.PATH) ? Scope.READ : scope(method);
    return needed.getOrDefault(asked, Optional.empty());
  }

  /** Returns the highest guarded scope that a scope includes. */
  private Optional<Scope> lowered(Scope asked) {
    return guarded.stream()
        .filter(scope -> scope != Scope.METRICS && asked.includes(scope))
        .max(Scope::compareTo);
  }

  private Optional<Scope> neededForMetrics() {
    if (metrics == Metrics.PUBLIC) {
      return Optional.empty();
    }
    return Optional.of(guarded.contains(Scope.METRICS) ? Scope.METRICS : Scope.ADMIN);
  }

  private static Scope scope(String method) {
    if (READING.contains(method)) {
      return Scope.READ;
    }
    return method.equals("DELETE") ? Scope.ADMIN : Scope.WRITE;
  }

  /**
   * Returns the highest scope that a token grants; empty if the token is unknown. The time doesn't
   * depend on which token matches.
   */
  Optional<Scope> granted(String presented) {
    byte[] digest = Sha256.newDigest().digest(presented.getBytes(StandardCharsets.UTF_8));
    Scope highest = null;
    for (Scope scope : Scope.values()) {
      for (Sha256 token : tokens.getOrDefault(scope, List::of).get()) {
        if (MessageDigest.isEqual(
            token.bytes(), digest)) { // no early exit: the time must not reveal which one matches
          highest = scope;
        }
      }
    }
    return Optional.ofNullable(highest);
  }
}
