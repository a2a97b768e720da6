package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AccessRuleTest {
  private static final String LONG = "-0123456789abcdef";

  @ParameterizedTest
  @CsvSource({
    // tokens that are set; then what needs which: GET, PUT, DELETE
    "'',               open, open,  open",
    "read,             read, read,  read",
    "write,            open, write, write",
    "admin,            open, open,  admin",
    "read write,       read, write, write",
    "read admin,       read, read,  admin",
    "write admin,      open, write, admin",
    "read write admin, read, write, admin"
  })
  void aRequestNeedsTheScopeOfWhatItDoesOrTheNextLowerOneThatIsGuarded(
      String set, String get, String put, String delete) {
    for (AccessRule rule : List.of(ruleWithTokens(set), ruleThatRequires(set))) {
      assertEquals(scope(get), rule.needed("GET", "/nix-cache-info"));
      assertEquals(scope(get), rule.needed("HEAD", "/upload/nar/x.nar"));
      assertEquals(scope(get), rule.needed("GET", "/pubkey"));
      assertEquals(scope(get), rule.needed("GET", "/"));
      assertEquals(scope(put), rule.needed("PUT", "/upload/nar/x.nar"));
      assertEquals(scope(put), rule.needed("PUT", "/healthz"));
      assertEquals(scope(put), rule.needed("POST", "/nowhere"));
      assertEquals(scope(put), rule.needed("PATCH", "/x.narinfo"));
      assertEquals(scope(put), rule.needed("get", "/x.narinfo"));
      assertEquals(scope(delete), rule.needed("DELETE", "/x.narinfo"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "read", "write", "admin", "read write admin"})
  void theAdministrationNeedsAdminOrIsClosed(String set) {
    for (AccessRule rule : List.of(ruleWithTokens(set), ruleThatRequires(set))) {
      for (String path : List.of("/admin/stats", "/admin/x", "/pin/x.narinfo", "/pins")) {
        for (String method : List.of("GET", "HEAD", "POST", "PUT", "DELETE")) {
          assertEquals(Optional.of(Scope.ADMIN), rule.needed(method, path));
        }
        assertEquals(!set.contains("admin"), rule.isClosed(path));
      }
      for (String path : List.of("/admin/", "/admin", "/admin/main.js", "/admin/session")) {
        assertEquals(Optional.empty(), rule.needed("GET", path));
        assertEquals(Optional.of(Scope.ADMIN), rule.needed("POST", path));
        assertEquals(!set.contains("admin"), rule.isClosed(path));
      }
      for (String path : List.of("/", "", "/administration", "/pinned/x", "/nar/admin", "/x/pin")) {
        assertFalse(rule.isClosed(path));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "read", "write", "admin", "read write admin"})
  void healthAndReadinessAreAlwaysOpen(String set) {
    for (String path : List.of("/healthz", "/readyz")) {
      assertEquals(Optional.empty(), ruleWithTokens(set).needed("GET", path));
      assertEquals(Optional.empty(), ruleWithTokens(set).needed("HEAD", path));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'',                 closed",
    "read,               closed",
    "read write,         closed",
    "admin,              admin",
    "metrics,            metrics",
    "metrics read admin, metrics"
  })
  void theMetricsNeedTheirOwnScopeOrElseAdmin(String set, String needed) {
    AccessRule rule = ruleWithTokens(set);

    assertEquals(needed.equals("closed"), rule.isClosed("/metrics"));
    if (!needed.equals("closed")) {
      assertEquals(scope(needed), rule.needed("GET", "/metrics"));
    }
    assertTrue(Scope.READ.includes(Scope.METRICS) && !Scope.METRICS.includes(Scope.READ));
  }

  @Test
  void publicMetricsNeedNoScope() {
    AccessRule rule =
        new AccessRule(Map.of(), scopes("metrics read admin"), AccessRule.Metrics.PUBLIC);

    assertFalse(rule.isClosed("/metrics"));
    assertEquals(Optional.empty(), rule.needed("GET", "/metrics"));
    assertEquals(Optional.of(Scope.ADMIN), rule.needed("GET", "/admin/stats"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE"})
  void aTokenForMetricsGuardsNothingElse(String method) {
    assertEquals(Optional.empty(), ruleWithTokens("metrics").needed(method, "/nix-cache-info"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/healthz/", "/healthz/../x.narinfo", "/HEALTHZ", "/x/healthz", ""})
  void nothingElseLooksLikeThem(String path) {
    assertEquals(Optional.of(Scope.READ), ruleWithTokens("read").needed("GET", path));
  }

  @Test
  void aTokenGivesItsScopeAndThoseBelow() {
    AccessRule rule = ruleWithTokens("read write admin");

    assertEquals(Optional.of(Scope.READ), rule.granted("read" + LONG));
    assertEquals(Optional.of(Scope.WRITE), rule.granted("write" + LONG));
    assertEquals(Optional.of(Scope.ADMIN), rule.granted("admin" + LONG));
    assertTrue(Scope.ADMIN.includes(Scope.WRITE) && Scope.WRITE.includes(Scope.READ));
    assertTrue(Scope.READ.includes(Scope.READ));
    assertFalse(Scope.READ.includes(Scope.WRITE) || Scope.WRITE.includes(Scope.ADMIN));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "read", "read-0123456789abcde", "READ-0123456789ABCDEF", "é"})
  void anUnknownTokenGivesNothing(String presented) {
    assertEquals(Optional.empty(), ruleWithTokens("read write admin").granted(presented));
    assertEquals(Optional.empty(), ruleWithTokens("").granted(presented));
  }

  @Test
  void tokensCanBeRotatedAndTheHighestScopeCounts() {
    List<Sha256> reading = new ArrayList<>(tokens("old" + LONG, "new" + LONG));
    AccessRule rule =
        new AccessRule(
            Map.of(Scope.READ, () -> reading, Scope.WRITE, () -> tokens("new" + LONG)),
            Set.of(),
            AccessRule.Metrics.GUARDED);

    assertEquals(Optional.of(Scope.READ), rule.granted("old" + LONG));
    assertEquals(Optional.of(Scope.WRITE), rule.granted("new" + LONG));

    reading.remove(0);
    assertEquals(Optional.empty(), rule.granted("old" + LONG));
    assertEquals(Optional.of(Scope.READ), rule.needed("GET", "/"));
  }

  @ParameterizedTest
  @CsvSource({
    "Bearer the-token,                 the-token",
    "bEARER   the-token,               the-token",
    "Basic OnRoZS10b2tlbg==,           the-token", // :the-token
    "basic OnRoZS10b2tlbg==,           the-token",
    "Basic OnRoZS10b2tlbg,             the-token",
    "Basic bml4OnRoZS10b2tlbg==,       the-token", // nix:the-token
    "Basic bml4OnRoZTp0b2tlbg==,       the:token", // nix:the:token
    "Basic w6k6w6k=,                   é" // é:é in UTF-8
  })
  void aTokenIsABearerOrThePasswordOfAnyUser(String header, String token) {
    assertEquals(Optional.of(token), PresentedToken.find(header));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "Bearer",
        "Basic",
        "Basic %%%",
        "Basic bml4",
        "Digest a=b",
        "the-token",
        "Basic \u0000",
        "Basic w6k6w6k=="
      })
  void aHeaderThatCannotBeReadPresentsNothing(String header) {
    assertEquals(Optional.empty(), PresentedToken.find(header));
    assertEquals(Optional.empty(), PresentedToken.find(null));
  }

  private static AccessRule ruleWithTokens(String scopes) {
    Map<Scope, Supplier<List<Sha256>>> tokens = new EnumMap<>(Scope.class);
    for (Scope scope : scopes(scopes)) {
      String text = scope.name().toLowerCase(Locale.ROOT) + LONG;
      tokens.put(scope, () -> tokens(text));
    }
    return new AccessRule(tokens, Set.of(), AccessRule.Metrics.GUARDED);
  }

  private static AccessRule ruleThatRequires(String scopes) {
    return new AccessRule(Map.of(), scopes(scopes), AccessRule.Metrics.GUARDED);
  }

  private static List<Sha256> tokens(String... texts) {
    return Arrays.stream(texts)
        .map(text -> Sha256.hash(text.getBytes(StandardCharsets.UTF_8)))
        .toList();
  }

  private static Set<Scope> scopes(String names) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String name : names.isEmpty() ? new String[0] : names.split(" ", -1)) {
      scopes.add(Scope.valueOf(name.toUpperCase(Locale.ROOT)));
    }
    return scopes;
  }

  private static Optional<Scope> scope(String name) {
    return name.equals("open")
        ? Optional.empty()
        : Optional.of(Scope.valueOf(name.toUpperCase(Locale.ROOT)));
  }
}
