package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.stream.Stream;
import narthex.testing.Fault;
import narthex.testing.Gate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken transfers are tried again within a bound; a dead upstream is left alone, then probed. */
@Timeout(60)
class UpstreamTroubleTest {
  private static final Duration LONG = UpstreamFixture.LONG;
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

    assertTrue(isFound(fixture.upstream(UpstreamFixture.limits(SHORT, LONG, 1000, LONG))));
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
    UpstreamSettings.Limits limits =
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
    Upstream upstream = fixture.upstream(UpstreamFixture.limits(LONG, LONG, 3, LONG));
    fixture.server.goDown();
    assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
    fixture.server.comeUp();
    fixture.server.requests().clear();

    assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));

    assertEquals(0, fixture.server.requests().all().size());
  }

  @Test
  void aDeadUpstreamIsProbedAndThenAskedAgain() {
    Upstream upstream =
        fixture.upstream(UpstreamFixture.limits(LONG, LONG, 3, Duration.ofMillis(50)));
    fixture.server.goDown();
    assertThrows(UpstreamUnavailableException.class, () -> isFound(upstream));
    fixture.server.comeUp();

    long end = System.nanoTime() + LONG.toNanos();
    while (!isFoundByNow(upstream)) {
      assertTrue(System.nanoTime() < end, "never probed");
      Thread.onSpinWait();
    }
    assertTrue(isFoundByNow(upstream));
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
