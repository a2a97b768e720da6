package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.ingest.CdcMode;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** The scrub of the store in the background. */
class ScrubTest extends FsckFixture {
  private static final Duration PERIOD = Duration.ofDays(30);

  private Scrub scrub(Leases leases) {
    return new Scrub(node.chores().fsck(), new Scrub.Policy(PERIOD, 0), leases, () -> now);
  }

  private void runDue(Leases leases) {
    new Chores(List.of(scrub(leases)), leases, Runnable::run, 1, () -> now).wake();
  }

  @Test
  void aFlippedBitInAWholeFileIsHealedBeforeAClientMeetsIt() throws Exception {
    open(CdcMode.OFF);
    Sample sample = fetched(2).get(0);
    String damaged =
        keys("nar/").stream()
            .filter(key -> key.contains(sample.id().hash().nix32()))
            .findFirst()
            .orElseThrow();
    flip(damaged);
    int before = upstream.requests().count(sample.narTarget());

    runDue(Leases.ALONE);

    assertTrue(node.isStored(sample));
    assertFalse(node.database().garbage().findUnnamed(List.of(damaged)).isEmpty());
    assertEquals(before + 1, upstream.requests().count(sample.narTarget()));
    read(sample);
    assertEquals(before + 1, upstream.requests().count(sample.narTarget()));
  }

  @Test
  void aFlippedBitInAPackIsHealed() throws Exception {
    open(CdcMode.EAGER);
    List<Sample> samples = fetched(2);
    flip(keys("pack/").get(0));

    runDue(Leases.ALONE);

    assertEquals(0, fsck(Fsck.Depth.DEEP, Fsck.Repair.NOTHING).wrong());
    for (Sample sample : samples) {
      read(sample);
    }
  }

  @Test
  void everythingIsReadOncePerPeriod() throws Exception {
    open(CdcMode.OFF);
    fetched(2);

    assertEquals(List.of(Scrub.Pass.ALL), scrub(Leases.ALONE).find(Optional.empty(), 10));
    assertTrue(scrub(Leases.ALONE).run(Scrub.Pass.ALL));
    assertEquals(List.of(), scrub(Leases.ALONE).find(Optional.empty(), 10));

    pass(PERIOD.minusMinutes(1));
    reopen(CdcMode.OFF);
    assertEquals(List.of(), scrub(Leases.ALONE).find(Optional.empty(), 10));
    pass(Duration.ofMinutes(2));
    assertEquals(List.of(Scrub.Pass.ALL), scrub(Leases.ALONE).find(Optional.empty(), 10));
  }

  @Test
  void aScrubGoesOnAfterARestartWhereItWas() throws Exception {
    open(CdcMode.OFF);
    fetched(5);
    AtomicInteger looks = new AtomicInteger();
    boolean isEnded = false;
    int runs = 0;
    while (!isEnded) {
      looks.set(0);
      isEnded = scrub(chore -> looks.incrementAndGet() < 12).run(Scrub.Pass.ALL);
      runs++;
      reopen(CdcMode.OFF);
    }

    assertTrue(runs > 2);
    String counts = queryOne("select counts from fsck");
    assertTrue(counts.contains("checked.nars=5"), counts);
  }

  @Test
  void aReplicaWithoutTheLeaseScrubsNothing() throws Exception {
    open(CdcMode.OFF);
    fetched(1);

    runDue(chore -> false);

    assertEquals(Optional.empty(), node.chores().fsck().position());
  }
}
