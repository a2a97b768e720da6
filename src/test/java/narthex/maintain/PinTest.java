package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import narthex.ingest.CdcMode;
import narthex.maintain.Eviction.Keep;
import narthex.maintain.JobResult.Verdict;
import narthex.testing.Fault;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

class PinTest extends EvictionFixture {
  private static final long ROOM_FOR_FOUR = 5 * NAR_BYTES;

  /** Refers to itself and to the next. */
  private final Sample leaf = sample(102);

  private final Sample middle = sample(101).referringTo(leaf);
  private final Sample root = sample(100).referringTo(sample(100), middle);
  private final List<Sample> closure = List.of(root, middle, leaf);

  private final RecordedProgress recorder = new RecordedProgress();

  /** Lets others be used later than the closure, and evicts. */
  private void crowdOut(Node node) throws IOException {
    pass(Duration.ofHours(1));
    fetchEach(node, samples(6));
    Eviction eviction = eviction(node, policy(ROOM_FOR_FOUR, Keep.NOTHING));
    eviction.check();
    settle(eviction);
  }

  private static Map<String, Object> figures(long paths, long narInfos, long nars, long missing) {
    return Map.of(
        "paths", paths, "narinfosFetched", narInfos, "narsFetched", nars, "missing", missing);
  }

  private void assertResult(Verdict verdict, Map<String, Object> figures, JobResult result) {
    assertEquals(verdict, result.verdict());
    figures.forEach((name, value) -> assertEquals(value, result.figures().get(name), name));
  }

  @Test
  void pinningFetchesTheClosureAndItSurvivesEviction() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));

    JobResult result = node.chores().pin(root.hash(), recorder);

    assertResult(Verdict.DONE, figures(3, 3, 3, 0), result);
    assertEquals(List.of(), recorder.told);
    assertTrue(recorder.steps.contains("NARs 3/3"), recorder.steps::toString);
    crowdOut(node);
    assertEquals(List.of(0, 1, 2), stored(node, closure));
  }

  @Test
  void withoutThePinTheClosureIsEvicted() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    node.chores().pin(root.hash(), recorder);

    assertTrue(node.chores().pins().remove(root.hash()));

    assertEquals(List.of(0, 1, 2), stored(node, closure));
    crowdOut(node);
    assertEquals(List.of(), stored(node, closure));
  }

  @Test
  void aPinThatExpiresLeavesWhatItKeptToTheEviction() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    node.chores().pin(root.hash(), recorder);
    Instant end = now.plus(Duration.ofDays(1));
    node.chores().pins().add(root.hash(), "release", end);
    crowdOut(node);
    assertEquals(List.of(0, 1, 2), stored(node, closure));

    now = end;

    assertEquals(List.of(), node.chores().pins().list());
    assertEquals(List.of(0, 1, 2), stored(node, closure));
    eviction(node, policy(2 * NAR_BYTES, Keep.NOTHING)).check();
    assertEquals(List.of(), stored(node, closure));
  }

  @Test
  void whatNoUpstreamHasIsToldAndIsKeptWhenItComes() throws Exception {
    Node node = open(CdcMode.OFF);
    root.publish(upstream);
    leaf.publish(upstream);

    JobResult result = node.chores().pin(root.hash(), recorder);

    assertResult(Verdict.UNFINISHED, figures(2, 1, 1, 1), result);
    assertEquals(List.of("no upstream has the narinfo of " + middle.hash().text()), recorder.told);

    middle.publish(upstream);
    fetchEach(node, List.of(leaf, middle)); // as clients ask for them, with other referrers
    crowdOut(node);
    assertEquals(List.of(0, 1, 2), stored(node, closure));
  }

  @Test
  void aNarThatCannotBeFetchedIsToldAndFetchedWhenThePinIsMadeAgain() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    upstream.fail(middle.narTarget(), Fault.status(404));

    JobResult failed = node.chores().pin(root.hash(), recorder);

    assertResult(Verdict.UNFINISHED, figures(3, 3, 2, 1), failed);
    assertEquals(1, recorder.told.size(), recorder.told::toString);
    assertTrue(recorder.told.get(0).contains(middle.narInfo().storePath().print()));
    assertEquals(1, node.chores().pins().list().get(0).missing());

    upstream.heal();
    JobResult done = node.chores().pin(root.hash(), recorder);
    assertResult(Verdict.DONE, figures(3, 0, 1, 0), done);
    assertEquals(List.of(0, 1, 2), stored(node, closure));
  }

  @Test
  void withAllUpstreamsDownThePinStaysAndGoesOnLater() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    upstream.goDown();

    JobResult failed = node.chores().pin(root.hash(), recorder);

    assertResult(Verdict.UNFINISHED, figures(1, 0, 0, 1), failed);
    upstream.comeUp();
    assertResult(Verdict.DONE, figures(3, 3, 3, 0), node.chores().pin(root.hash(), recorder));
  }

  @Test
  void aStoppedPinStaysAndGoesOnLater() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    AtomicBoolean stopped = new AtomicBoolean();
    Progress stopping =
        new Progress() {
          @Override
          public void at(String step, long done, long total) {
            stopped.compareAndSet(false, step.equals("NARs") && done > 0);
          }

          @Override
          public void tell(String line) {}

          @Override
          public boolean isStopped() {
            return stopped.get();
          }
        };

    assertEquals(Verdict.UNFINISHED, node.chores().pin(root.hash(), stopping).verdict());
    node.awaitIdle();

    assertEquals(1, node.chores().pins().list().size());
    assertEquals(Verdict.DONE, node.chores().pin(root.hash(), recorder).verdict());
    assertEquals(List.of(0, 1, 2), stored(node, closure));
  }

  @Test
  void twoPinsShareWhatBothReferTo() throws Exception {
    Node node = open(CdcMode.OFF);
    Sample other = sample(103).referringTo(leaf).publish(upstream);
    closure.forEach(sample -> sample.publish(upstream));
    node.chores().pin(root.hash(), recorder);
    node.chores().pin(other.hash(), recorder);

    node.chores().pins().remove(root.hash());
    crowdOut(node);

    assertEquals(List.of(2, 3), stored(node, List.of(root, middle, leaf, other)));
  }

  @Test
  void aPinnedUploadIsKeptEvenIfNothingElseIs() throws Exception {
    Node node = open(CdcMode.OFF);
    upload(node, leaf);
    upload(node, middle);
    node.chores().pin(middle.hash(), recorder);
    pass(SPARE_UPLOADS.plusDays(1));

    crowdOut(node);

    assertEquals(List.of(0, 1), stored(node, List.of(middle, leaf)));
  }

  @Test
  void aPinOfAnotherReplicaCountsAtOnce() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    fetchEach(node, closure);
    pass(Duration.ofHours(1));
    fetchEach(node, samples(6));
    Eviction eviction = eviction(node, policy(ROOM_FOR_FOUR, Keep.NOTHING));

    new Pins(node.database(), () -> now).add(root.hash(), null, null);
    eviction.check();

    assertEquals(List.of(0, 1, 2), stored(node, closure));
  }

  @Test
  void aPinnedPathIsNotDeletedAndTheRefusalNamesThePin() throws Exception {
    Node node = open(CdcMode.OFF);
    closure.forEach(sample -> sample.publish(upstream));
    node.chores().pin(root.hash(), recorder);
    node.chores().pins().add(root.hash(), "release 1", null);
    String pin = root.hash().text() + " (release 1)";

    IOException refusal =
        assertThrows(PathPinnedException.class, () -> node.chores().deletePath(root));
    assertEquals("pinned; remove the pin " + pin + " first", refusal.getMessage());
    refusal = assertThrows(PathPinnedException.class, () -> node.chores().deletePath(leaf));
    assertEquals("needed by the pin " + pin + "; remove that pin first", refusal.getMessage());

    node.chores().pins().remove(root.hash());
    node.chores().deletePath(leaf);
    assertEquals(List.of(0, 1), stored(node, closure));
  }
}
