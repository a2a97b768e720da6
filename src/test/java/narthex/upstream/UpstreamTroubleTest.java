package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.OneLine;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.LogRecords;
import narthex.testing.NarFixture;
import narthex.testing.Soon;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken transfers are retried for a limited time; a dead upstream is suspended, then probed. */
@Timeout(60)
class UpstreamTroubleTest {
  /** Enough bytes to see that they aren't a gzip header. */
  private static final int NO_GZIP_BYTES = 40;

  private static final Duration LONG = UpstreamFixture.LONG;
  private static final Duration NONE = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration SHORT = Duration.ofMillis(150);

  private final UpstreamFixture fixture = new UpstreamFixture();
  private final String target = fixture.published.narInfoTarget();

  @AfterEach
  void close() throws IOException {
    fixture.close();
  }

  static Stream<Fault> brokenTransfers() {
    return Stream.of(
        Fault.cutBeforeHeaders(),
        Fault.resetBeforeHeaders(),
        Fault.cutAfter(10),
        Fault.resetAfter(10),
        Fault.contentLengthTooLarge(1),
        Fault.chunked().and(Fault.cutAfter(10)),
        Fault.garbage("SSH-2.0-x\r\n".getBytes(StandardCharsets.US_ASCII)));
  }

  @ParameterizedTest
  @MethodSource("brokenTransfers")
  void aBrokenTransferIsTriedAgain(Fault fault) throws IOException {
    fixture.server.fail(target, fault, 2);

    assertTrue(isFound(fixture.upstream()));
    assertEquals(3, fixture.narInfoGets());
  }

  @Test
  void anUpstreamThatSaysNothingIsTriedAgain() throws IOException {
    Gate gate = new Gate();
    fixture.server.fail(target, Fault.stallBeforeHeaders(gate), 1);
    fixture.server.fail(target, Fault.stallAfter(10, gate), 1);

    assertTrue(isFound(fixture.upstream(UpstreamFixture.limits(SECOND, LONG, 1000, LONG))));
    assertEquals(3, fixture.narInfoGets());
    gate.open();
  }

  @Test
  void lastingTroubleEndsWithinItsBoundAndIsNoAbsence() {
    fixture.server.fail(target, Fault.status(503));

    assertThrows(
        UpstreamUnavailableException.class,
        () -> isFound(fixture.upstream(UpstreamFixture.limits(LONG, SHORT, 1000, LONG))));
    assertTrue(fixture.narInfoGets() <= 3, "tries: " + fixture.narInfoGets());
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 100})
  void aBoundTooShortForAnotherTryIsABoundAllTheSame(long millis) {
    fixture.server.fail(target, Fault.status(503));
    UpstreamPolicy.Limits limits =
        UpstreamFixture.limits(LONG, Duration.ofMillis(millis), 1000, LONG);

    assertThrows(UpstreamUnavailableException.class, () -> isFound(fixture.upstream(limits)));
    assertEquals(1, fixture.narInfoGets());
  }

  @Test
  void troubleWithCacheInfoIsTroubleWithThePath() throws IOException {
    fixture.server.fail("/nix-cache-info", Fault.status(503), 1);

    assertTrue(isFound(fixture.upstream()));

    fixture.server.fail("/nix-cache-info", Fault.status(401), 1);
    assertThrows(UpstreamUnavailableException.class, () -> isFound(fixture.upstream()));
  }

  @Test
  void aDeadUpstreamIsLeftAlone() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, LONG));
    fixture.server.goDown();
    failTimes(upstream, 3);
    fixture.server.comeUp();
    fixture.server.requests().clear();

    assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));

    assertEquals(0, fixture.server.requests().all().size());
  }

  @Test
  void aRequestCountsOnceHoweverOftenItWasTried() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, SECOND, 3, LONG));
    fixture.server.goDown();
    failTimes(upstream, 2);
    fixture.server.comeUp();

    assertTrue(isFound(upstream));
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void lastingTroubleOfOnePathLeavesTheOthersAlone(int status) throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, LONG));
    NarFixture other = NarFixture.random(2, 100, Compression.XZ);
    other.publishTo(fixture.server, fixture.key);
    fixture.server.fail(target, Fault.status(status));
    failTimes(upstream, 10);

    assertTrue(upstream.fetchNarInfo(other.storePath().hash()).isPresent());
  }

  @Test
  void severalPathsWithoutAnAnswerAreADeadUpstream() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, LONG));
    assertTrue(isFound(upstream));
    fixture.server.fail(request -> true, Fault.status(503), Integer.MAX_VALUE);
    for (String url : List.of("nar/1", "nar/2", "nar/3")) {
      assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar(url, 0, null));
    }
    fixture.server.heal();

    assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
  }

  @Test
  void whyItIsLeftAloneIsLoggedOnceAndShown() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 2, LONG));
    assertEquals("up", upstream.state(Instant.EPOCH).text());
    fixture.server.goDown();

    try (LogRecords log = LogRecords.listen()) {
      failTimes(upstream, 5);

      List<String> lines =
          log.ours().stream().filter(line -> line.startsWith("upstream suspended")).toList();
      assertEquals(1, lines.size());
      assertTrue(lines.get(0).contains("Connection refused"), lines.get(0));
      assertTrue(lines.get(0).contains(fixture.server.url() + "/nix-cache-info"), lines.get(0));
    }
    UpstreamState state = upstream.state(Instant.EPOCH);
    assertEquals(fixture.server.url() + "/", state.base());
    assertTrue(state.text().startsWith("suspended until 1970-01-01T00:00:"), state.text());
    assertTrue(state.text().contains("Connection refused"), state.text());
  }

  @Test
  void howLongItTakesToAnswerIsShown() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, LONG));
    assertNull(upstream.state(Instant.EPOCH).latency());

    assertTrue(isFound(upstream));

    Duration latency = upstream.state(Instant.EPOCH).latency();
    assertTrue(latency != null && latency.compareTo(Duration.ZERO) > 0);
    assertEquals(UpstreamState.Use.ASKED, upstream.state(Instant.EPOCH).use());
  }

  @Test
  void itsLastTroubleIsShownWithItsTime() throws IOException {
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, LONG));
    fixture.server.fail(request -> true, Fault.status(503), Integer.MAX_VALUE);
    assertThrows(UpstreamUnavailableException.class, () -> upstream.openNar("nar/1", 0, null));
    fixture.server.heal();
    assertTrue(isFound(upstream));

    String text = upstream.state(Instant.parse("2026-11-25T12:00:00Z")).text();

    assertTrue(text.startsWith("up, last trouble at 2026-11-25T11:"), text);
    assertTrue(text.contains("503"), text);
  }

  @Test
  void anUnknownHostIsNamed() throws IOException {
    Upstream upstream = fixture.resolving("cache.example", UpstreamFixture.UNKNOWN_HOST);

    IOException unknown = assertThrows(IOException.class, () -> isFound(upstream));

    String reason = OneLine.reason(unknown);
    assertTrue(reason.contains("unknown host cache.example"), reason);
  }

  @Test
  void aDeadUpstreamIsProbedAndThenAskedAgain() throws IOException {
    Upstream upstream =
        fixture.upstream(UpstreamFixture.limits(LONG, NONE, 3, Duration.ofMillis(50)));
    fixture.server.goDown();
    failTimes(upstream, 3);
    fixture.server.comeUp();

    Soon.await("probe").until(() -> isFoundByNow(upstream));
    assertTrue(isFoundByNow(upstream));
  }

  @Test
  void questionsHaveConnectionsThatTransfersCannotTake() throws Exception {
    Gate gate = new Gate();
    Upstream upstream =
        fixture.upstream(new UpstreamPolicy.Limits(LONG, LONG, NONE, 1, 1000, LONG));
    DocumentName log = DocumentName.parse("log/" + "0".repeat(32) + "-x.drv");
    fixture.server.put("/" + log.print(), "text");
    fixture.server.fail("/" + log.print(), Fault.stallAfter(1, gate));
    ExecutorService executor = Executors.newCachedThreadPool();
    try (NarBody nar = upstream.openNar(fixture.published.narTarget(), 0, null).orElseThrow()) {
      Future<Optional<byte[]>> document =
          executor.submit(() -> upstream.fetchDocument(log, 100, (in, from) -> in.readAllBytes()));
      gate.awaitArrivals(1, LONG);

      assertTrue(isFound(upstream));
      assertTrue(nar.stream().read() >= 0);
      gate.open();
      assertTrue(document.get().isPresent());
    } finally {
      gate.open();
      executor.shutdown();
    }
  }

  /** The rest of the body would block a connection for as long as the upstream likes. */
  @Test
  @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void anAnswerThatIsGivenUpIsNotReadToItsEnd() {
    Gate shut = new Gate();
    fixture.server.fail(
        target,
        Fault.header("Content-Encoding", "gzip").and(Fault.stallAfter(NO_GZIP_BYTES, shut)));
    Upstream upstream =
        fixture.upstream(UpstreamFixture.limits(Duration.ofMinutes(1), NONE, 1000, LONG));
    try {
      assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
    } finally {
      shut.open();
    }
  }

  @Test
  void aDamagedNarInfoDoesNotMakeTheWholeUpstreamDead() throws IOException {
    fixture.server.fail(target, Fault.replaceBody(new byte[] {'x'}), 5);
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, LONG, 3, LONG));
    for (int i = 0; i < 5; i++) {
      assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
    }

    assertTrue(isFound(upstream));
  }

  private void failTimes(Upstream upstream, int times) {
    for (int i = 0; i < times; i++) {
      assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
    }
  }

  private boolean isFoundByNow(Upstream upstream) {
    try {
      return isFound(upstream);
    } catch (IOException e) {
      return false;
    }
  }

  private boolean isFound(Upstream upstream) throws IOException {
    return upstream.fetchNarInfo(fixture.nar.storePath().hash()).isPresent();
  }
}
