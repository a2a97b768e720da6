package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import narthex.blob.Extent;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of every flight registry, seen from two replicas of one cluster. */
abstract class InFlightRegistryContract {
  private static final int PATIENCE_SECONDS = 30;
  private static final String FLIGHT = "nar-x-1-xz";

  private static final StagedFlight.Content CONTENT =
      new StagedFlight.Content(
          StagedFlight.Form.CHUNKS,
          Compression.XZ,
          Sha256.hash(new byte[] {1}),
          new NarId(Sha256.hash(new byte[] {2}), 7),
          OptionalLong.of(7));

  private static final List<Extent> FIRST = List.of(new Extent("pack/a", 0, 3, 4));
  private static final List<Extent> SECOND =
      List.of(new Extent("pack/a", 3, 2, 2), new Extent("pack/b", 9, 1, 1));

  private InFlightRegistry here;
  private InFlightRegistry there;

  /** Joins the cluster of this test; the test closes it. */
  abstract InFlightRegistry join(String name) throws Exception;

  @BeforeEach
  final void joinTwo() throws Exception {
    here = join("a");
    there = join("b");
    await(here, "", () -> here.members().size() == 2);
    await(there, "", () -> there.members().size() == 2);
  }

  @AfterEach
  final void leave() {
    here.close();
    there.close();
  }

  /** Waits for a change after which the condition is true. */
  static void await(InFlightRegistry registry, String flight, BooleanSupplier condition)
      throws InterruptedException {
    Semaphore changes = new Semaphore(1);
    try (var watch = registry.watch(flight, changes::release)) {
      do {
        assertTrue(changes.tryAcquire(30, TimeUnit.SECONDS), "nothing changed");
      } while (!condition.getAsBoolean());
    }
  }

  @Test
  void replicasKnowEachOther() {
    assertNotEquals(here.self(), there.self());
    assertEquals(Set.of(here.self(), there.self()), here.members());
    assertEquals(here.members(), there.members());
  }

  @Test
  void theFirstToClaimHoldsTheFlight() throws Exception {
    StagedFlight mine = here.claim(FLIGHT);
    assertEquals(here.self(), mine.holder());
    assertEquals(mine, there.claim(FLIGHT));
    await(there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(mine)));
  }

  @Test
  void theContentIsKnownToTheOthers() throws Exception {
    StagedFlight mine = here.claim(FLIGHT).with(CONTENT);
    here.update(mine);
    await(there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(mine)));
    assertEquals(Optional.of(mine), here.find(FLIGHT));
  }

  @Test
  void aFollowerIsSeenAndGetsTheBatches() throws Exception {
    StagedFlight mine = here.claim(FLIGHT);
    assertFalse(here.isFollowed(mine));
    there.follow(there.claim(FLIGHT));
    await(here, FLIGHT, () -> here.isFollowed(mine));
    here.publish(mine, 0, FIRST);
    here.publish(mine, 1, SECOND);
    await(there, FLIGHT, () -> there.batch(mine, 1).equals(Optional.of(SECOND)));
    assertEquals(Optional.of(FIRST), there.batch(mine, 0));
    assertEquals(Optional.empty(), there.batch(mine, 2));
  }

  @Test
  void whoFollowsSeesTheEnd() throws Exception {
    StagedFlight mine = here.claim(FLIGHT);
    there.follow(mine);
    await(here, FLIGHT, () -> here.isFollowed(mine));
    here.publish(mine, 0, FIRST);
    here.release(mine.ended(StagedFlight.State.STORED));
    await(
        there,
        FLIGHT,
        () ->
            there.find(FLIGHT).filter(end -> end.state() == StagedFlight.State.STORED).isPresent());
    assertEquals(Optional.of(FIRST), there.batch(mine, 0));
  }

  @Test
  void anEndedFlightCanBeClaimedByAnother() throws Exception {
    StagedFlight mine = here.claim(FLIGHT);
    there.follow(mine);
    await(here, FLIGHT, () -> here.isFollowed(mine));
    here.publish(mine, 0, FIRST);
    here.release(mine.ended(StagedFlight.State.FAILED));
    await(
        there,
        FLIGHT,
        () ->
            there
                .find(FLIGHT)
                .map(StagedFlight::state)
                .equals(Optional.of(StagedFlight.State.FAILED)));
    StagedFlight next = there.claim(FLIGHT);
    assertEquals(there.self(), next.holder());
    assertTrue(next.epoch() > mine.epoch());
    assertEquals(Optional.empty(), there.batch(next, 0));
    assertFalse(there.isFollowed(next));
    assertEquals(next, here.claim(FLIGHT));
  }

  @Test
  void anOfferTakesThePlaceOfAnAttemptWithoutContent() throws Exception {
    StagedFlight search = there.claim(FLIGHT);
    await(here, FLIGHT, () -> here.find(FLIGHT).equals(Optional.of(search)));

    StagedFlight mine = here.offer(FLIGHT);

    assertEquals(here.self(), mine.holder());
    await(there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(mine)));
    there.update(search.with(CONTENT));
    there.release(search.ended(StagedFlight.State.FAILED));
    assertEquals(Optional.of(mine), there.find(FLIGHT));
  }

  @Test
  void aSearchOfTheSameReplicaTakesNothingFromAnOffer() throws Exception {
    StagedFlight upload = here.offer(FLIGHT).with(CONTENT);
    here.update(upload);

    StagedFlight search = here.claim(FLIGHT);
    assertEquals(here.self(), search.holder());
    assertFalse(search.isSameAttempt(upload));
    here.release(search.ended(StagedFlight.State.FAILED));

    await(there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(upload)));
    assertEquals(upload, there.claim(FLIGHT));
  }

  @Test
  void anOfferIsAnnouncedWhenTheAttemptOfAnotherHasFailed() throws Exception {
    StagedFlight theirs = there.claim(FLIGHT).with(CONTENT);
    there.update(theirs);
    await(here, FLIGHT, () -> here.find(FLIGHT).equals(Optional.of(theirs)));

    StagedFlight mine = here.offer(FLIGHT).with(CONTENT);
    here.update(mine);
    assertEquals(here.self(), mine.holder());
    assertEquals(Optional.of(theirs), here.find(FLIGHT));
    assertEquals(Optional.of(theirs), there.find(FLIGHT));
    there.release(theirs.ended(StagedFlight.State.FAILED));

    await(there, FLIGHT, () -> there.find(FLIGHT).equals(Optional.of(mine)));
    there.follow(mine);
    await(here, FLIGHT, () -> here.isFollowed(mine));
    here.publish(mine, 0, FIRST);
    await(there, FLIGHT, () -> there.batch(mine, 0).equals(Optional.of(FIRST)));
  }

  @Test
  void anOfferThatEndedMeanwhileIsNotAnnounced() throws Exception {
    StagedFlight theirs = there.claim(FLIGHT).with(CONTENT);
    there.update(theirs);
    await(here, FLIGHT, () -> here.find(FLIGHT).equals(Optional.of(theirs)));
    here.release(here.offer(FLIGHT).ended(StagedFlight.State.STORED));

    there.release(theirs.ended(StagedFlight.State.FAILED));

    await(here, FLIGHT, () -> here.find(FLIGHT).isEmpty());
    assertEquals(there.self(), there.claim(FLIGHT).holder());
  }

  @Test
  void noTwoAttemptsOfAReplicaAreTheSame() {
    StagedFlight first = here.claim(FLIGHT);
    here.release(first.ended(StagedFlight.State.STORED));
    assertFalse(here.claim(FLIGHT).isSameAttempt(first));
  }

  @Test
  void anAttemptThatNoLongerCountsChangesNothing() throws Exception {
    StagedFlight old = here.claim(FLIGHT);
    here.release(old.ended(StagedFlight.State.FAILED));
    await(
        there,
        FLIGHT,
        () ->
            there
                .find(FLIGHT)
                .filter(f -> f.isSameAttempt(old) && f.state() == StagedFlight.State.ACTIVE)
                .isEmpty());
    StagedFlight next = there.claim(FLIGHT);
    here.update(old.with(CONTENT));
    here.release(old.ended(StagedFlight.State.STORED));
    assertEquals(Optional.of(next), there.find(FLIGHT));
    await(here, FLIGHT, () -> here.find(FLIGHT).equals(Optional.of(next)));
  }

  @Test
  void theFlightsOfAReplicaThatLeftCanBeClaimed() throws Exception {
    StagedFlight lost = there.claim(FLIGHT);
    there.close();
    await(here, FLIGHT, () -> here.find(FLIGHT).isEmpty());
    StagedFlight next = here.claim(FLIGHT);
    assertEquals(here.self(), next.holder());
    assertFalse(next.isSameAttempt(lost));
  }

  @Test
  void aReplicaThatIsLeftAloneHasNoFault() throws Exception {
    there.close();
    await(here, "", () -> here.members().size() == 1);
    assertEquals(Optional.empty(), here.fault());
    assertTrue(there.fault().isPresent());
  }

  @Test
  void anAnnouncementReachesTheOthersAndNotItsSender() throws Exception {
    BlockingQueue<String> heardHere = new LinkedBlockingQueue<>();
    BlockingQueue<String> heardThere = new LinkedBlockingQueue<>();
    try (var listenHere = here.listen(heardHere::add);
        var listenThere = there.listen(heardThere::add)) {
      here.announce("nar:1");
      assertEquals("nar:1", heardThere.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
      there.announce("nar:2");
      assertEquals("nar:2", heardHere.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
      here.announce("nar:1");
      assertEquals("nar:1", heardThere.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
      assertEquals(List.of(), List.copyOf(heardHere));
    }
    BlockingQueue<String> later = new LinkedBlockingQueue<>();
    try (var listenLater = there.listen(later::add)) {
      here.announce("nar:3");
      assertEquals("nar:3", later.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }
    assertEquals(List.of(), List.copyOf(heardThere));
  }

  @Test
  void aFlightIsToldApartFromOthers() throws Exception {
    StagedFlight mine = here.claim(FLIGHT);
    StagedFlight other = there.claim("file-x");
    assertEquals(there.self(), other.holder());
    assertEquals(mine, there.claim(FLIGHT));
    here.publish(mine, 0, FIRST);
    await(there, FLIGHT, () -> there.batch(mine, 0).isPresent());
    assertEquals(Optional.empty(), there.batch(other, 0));
  }
}
