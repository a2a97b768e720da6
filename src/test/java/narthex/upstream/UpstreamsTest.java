package narthex.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.StorePathHash;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Searching all upstreams: order, waiting, misses and trouble. Synchronised by gates, not by time.
 */
@Timeout(60)
class UpstreamsTest {
  private static final Duration LONG = UpstreamFixture.LONG;
  private static final Duration NONE = Duration.ZERO;

  private final UpstreamFixture first = new UpstreamFixture();
  private final UpstreamFixture second = new UpstreamFixture();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final Gate gate = new Gate();
  private final StorePathHash hash = first.nar.storePath().hash();
  private final String target = first.published.narInfoTarget();

  @AfterEach
  void close() throws IOException {
    gate.open();
    executor.shutdownNow();
    first.close();
    second.close();
  }

  @Test
  void allAreAskedAtTheSameTime() throws Exception {
    first.server.fail(target, Fault.stallBeforeHeaders(gate));
    second.server.fail(target, Fault.stallBeforeHeaders(gate));
    Upstreams upstreams = upstreams(LONG, first.upstream(), second.upstream());

    Future<Optional<FoundNarInfo>> search = executor.submit(() -> upstreams.find(hash));

    gate.awaitArrivals(2, LONG);
    gate.open();
    assertTrue(search.get().isPresent());
  }

  @Test
  void theBestPriorityWinsThoughItAnswersLast() throws Exception {
    NarFixture.publishCacheInfo(second.server, 10);
    second.server.fail(target, Fault.stallBeforeHeaders(gate));
    Upstreams upstreams = upstreams(LONG, first.upstream(), second.upstream());

    Future<Optional<FoundNarInfo>> search = executor.submit(() -> upstreams.find(hash));
    first.server.requests().awaitAnswered(target, 1, LONG);
    assertFalse(search.isDone());
    gate.open();

    assertFoundAt(second.server, search.get());
  }

  @Test
  void aSettingOverridesThePriorityOfCacheInfo() throws Exception {
    NarFixture.publishCacheInfo(first.server, 10);
    Upstreams upstreams = upstreams(LONG, first.upstream(), withPriority(second, 1));

    assertFoundAt(second.server, upstreams.find(hash));
  }

  @Test
  void theOrderOfTheSettingsDecidesBetweenEqualPriorities() throws Exception {
    assertFoundAt(second.server, upstreams(LONG, second.upstream(), first.upstream()).find(hash));
    assertFoundAt(first.server, upstreams(LONG, first.upstream(), second.upstream()).find(hash));
  }

  @Test
  void aHitDoesNotWaitForASlowBetterOneBeyondTheWait() throws Exception {
    second.server.fail(target, Fault.stallBeforeHeaders(gate));
    Upstreams upstreams = upstreams(NONE, withPriority(first, 9), withPriority(second, 1));

    assertFoundAt(first.server, upstreams.find(hash));
  }

  @Test
  void aHitNeverWaitsForASlowWorseOne() throws Exception {
    second.server.fail(target, Fault.stallBeforeHeaders(gate));
    Upstreams upstreams = upstreams(LONG, withPriority(first, 1), withPriority(second, 9));

    assertFoundAt(first.server, upstreams.find(hash));
  }

  @Test
  void aHitBesideTroubleIsAHit() throws Exception {
    first.server.goDown();
    Upstreams upstreams = upstreams(LONG, impatient(first), second.upstream());

    assertFoundAt(second.server, upstreams.find(hash));
  }

  @Test
  void noBesideTroubleIsNeitherAbsenceNorRemembered() throws Exception {
    first.server.fail(target, Fault.status(401), 1);
    second.server.remove(target);
    Upstreams upstreams = upstreams(LONG, first.upstream(), second.upstream());

    assertThrows(UpstreamUnavailableException.class, () -> upstreams.find(hash));

    assertFoundAt(first.server, upstreams.find(hash));
  }

  @Test
  void aSearchThatIsNotAnsweredInTimeIsUnknown() {
    first.server.fail(target, Fault.stallBeforeHeaders(gate));
    Upstreams upstreams =
        new Upstreams(
            List.of(first.upstream()),
            new Upstreams.SearchPolicy(NONE, Duration.ofMillis(50), LONG, 100),
            executor);

    assertThrows(UpstreamUnavailableException.class, () -> upstreams.find(hash));
  }

  @Test
  void aSureAbsenceIsRememberedUntilItIsForgotten() throws Exception {
    first.server.remove(target);
    Upstreams upstreams = upstreams(LONG, first.upstream());
    assertEquals(Optional.empty(), upstreams.find(hash));
    first.nar.publishTo(first.server, first.key);

    assertEquals(Optional.empty(), upstreams.find(hash));
    assertEquals(1, first.narInfoGets());
    upstreams.forgetAbsence(hash);
    assertTrue(upstreams.find(hash).isPresent());
  }

  @Test
  void anAbsenceIsNotRememberedBeyondItsTime() throws Exception {
    first.server.remove(target);
    Upstreams upstreams =
        new Upstreams(
            List.of(first.upstream()), new Upstreams.SearchPolicy(NONE, LONG, NONE, 100), executor);

    assertEquals(Optional.empty(), upstreams.find(hash));
    assertEquals(Optional.empty(), upstreams.find(hash));

    assertEquals(2, first.narInfoGets());
  }

  @Test
  void everyAnswerIsFoundBestFirstWhateverIsRemembered() throws Exception {
    first.server.remove(target);
    second.server.remove(target);
    Upstreams upstreams = upstreams(LONG, withPriority(first, 9), withPriority(second, 1));
    assertEquals(Optional.empty(), upstreams.find(hash));
    first.nar.publishTo(first.server, first.key);
    second.nar.publishTo(second.server, second.key);

    List<String> found =
        upstreams.findAll(hash).found().stream().map(FoundNarInfo::upstream).toList();

    assertEquals(List.of(second.server.url() + "/", first.server.url() + "/"), found);
  }

  @Test
  void withoutUpstreamsNothingIsFound() throws Exception {
    assertEquals(Optional.empty(), upstreams(LONG).find(hash));
    assertEquals(List.of(), upstreams(LONG).findAll(hash).found());
  }

  @Test
  void anUpstreamIsKnownByItsBase() {
    Upstream upstream = first.upstream();
    Upstreams upstreams = upstreams(LONG, upstream);

    assertEquals(Optional.of(upstream), upstreams.byBase(first.server.url() + "/"));
    assertEquals(Optional.empty(), upstreams.byBase(second.server.url() + "/"));
  }

  private Upstreams upstreams(Duration betterAnswerWait, Upstream... upstreams) {
    return new Upstreams(
        List.of(upstreams),
        new Upstreams.SearchPolicy(betterAnswerWait, LONG, LONG, 100),
        executor);
  }

  private static Upstream withPriority(UpstreamFixture fixture, @Nullable Integer priority) {
    return fixture.upstream(
        List.of(fixture.key.publicKey()), priority, UpstreamPolicy.Trust.SIGNED);
  }

  private static Upstream impatient(UpstreamFixture fixture) {
    return fixture.upstream(UpstreamFixture.limits(LONG, Duration.ofMillis(1), 1000, LONG));
  }

  private static void assertFoundAt(FaultyUpstream server, Optional<FoundNarInfo> found) {
    assertEquals(server.url() + "/", found.orElseThrow().upstream());
  }
}
