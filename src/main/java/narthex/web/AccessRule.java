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
import narthex.nix.Sha256;

/**
 * Who may do what: what a request needs, and what a token gives. Knows nothing of servlets. Safe
 * for use by many threads.
 *
 * <p>A scope is guarded if a token of it is set, or if the settings say so (where the roles of the
 * application server stand in for tokens). A request needs the scope of what it does; where that is
 * not guarded, the next lower one that is; where none is, nothing. So a token for reading alone
 * also keeps strangers from writing, and one for writing leaves reading open.
 */
public final class AccessRule {
  /** What supervisors and load balancers ask; says nothing of what is stored. */
  private static final Set<String> ALWAYS_OPEN = Set.of("/healthz", "/readyz");

  /** Methods that change nothing. */
  private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS", "TRACE");

  private final Map<Scope, Supplier<List<Sha256>>> tokens;
  private final Set<Scope> guarded;

  /**
   * Makes a rule.
   *
   * @param tokens the SHA-256 of the tokens of each scope that has any, so that comparing takes the
   *     same time whatever is presented; asked at every use, as they may change
   * @param required scopes that are guarded even if no token is set
   */
  public AccessRule(Map<Scope, Supplier<List<Sha256>>> tokens, Set<Scope> required) {
    this.tokens = new EnumMap<>(Scope.class);
    this.tokens.putAll(tokens);
    this.guarded = EnumSet.noneOf(Scope.class);
    this.guarded.addAll(tokens.keySet());
    this.guarded.addAll(required);
  }

  /** Returns whether reading is not open to everybody. */
  boolean guardsReading() {
    return guarded.contains(Scope.READ);
  }

  /**
   * Returns what a request needs, or nothing if it is open to everybody.
   *
   * @param path as the server has decoded it, without the context path
   */
  Optional<Scope> needed(String method, String path) {
    if (READING.contains(method) && ALWAYS_OPEN.contains(path)) {
      return Optional.empty();
    }
    Scope asked = scope(method);
    return guarded.stream().filter(asked::includes).max(Scope::compareTo);
  }

  private static Scope scope(String method) {
    if (READING.contains(method)) {
      return Scope.READ;
    }
    return method.equals("DELETE") ? Scope.ADMIN : Scope.WRITE;
  }

  /** Returns the highest scope of a token that was presented, or nothing if it is unknown. */
  Optional<Scope> granted(String presented) {
    byte[] digest = Sha256.newDigest().digest(presented.getBytes(StandardCharsets.UTF_8));
    Scope highest = null;
    for (Scope scope : Scope.values()) {
      for (Sha256 token : tokens.getOrDefault(scope, List::of).get()) {
        if (MessageDigest.isEqual(
            token.bytes(), digest)) { // and on to the others: the time must not tell which it was
          highest = scope;
        }
      }
    }
    return Optional.ofNullable(highest);
  }
}
