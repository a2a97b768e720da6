package narthex.db;

import static narthex.db.Rows.NOON;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The contract of {@link LeaseTable}, tested with each database. */
interface LeaseContract {
  Duration LENGTH = Duration.ofMinutes(2);

  /** The database under test, which is empty. */
  Database database();

  @Test
  default void aLeaseHasOneHolderUntilItEnds() throws Exception {
    LeaseTable leases = database().leases();

    assertTrue(leases.acquire("sweep", "a", NOON, LENGTH));
    assertFalse(leases.acquire("sweep", "b", NOON.plus(LENGTH).minusMillis(1), LENGTH));
    assertTrue(leases.acquire("other", "b", NOON, LENGTH));

    assertTrue(leases.acquire("sweep", "b", NOON.plus(LENGTH), LENGTH));
    assertFalse(leases.acquire("sweep", "a", NOON.plus(LENGTH), LENGTH));
  }

  @Test
  default void aHolderRenewsItsLease() throws Exception {
    LeaseTable leases = database().leases();
    leases.acquire("sweep", "a", NOON, LENGTH);

    assertTrue(leases.acquire("sweep", "a", NOON.plusSeconds(60), LENGTH));

    assertFalse(leases.acquire("sweep", "b", NOON.plus(LENGTH), LENGTH));
  }

  @Test
  default void aReleasedLeaseIsFreeAtOnce() throws Exception {
    LeaseTable leases = database().leases();
    leases.acquire("sweep", "a", NOON, LENGTH);
    leases.acquire("other", "b", NOON, LENGTH);

    leases.release("a");

    assertTrue(leases.acquire("sweep", "b", NOON, LENGTH));
    assertFalse(leases.acquire("other", "a", NOON, LENGTH));
  }

  @Test
  default void theLeasesOfAllButSomeHoldersAreReleased() throws Exception {
    LeaseTable leases = database().leases();
    leases.acquire("sweep", "a", NOON, LENGTH);
    leases.acquire("other", "b", NOON, LENGTH);

    leases.releaseAllBut(Set.of("b", "c"));

    assertTrue(leases.acquire("sweep", "c", NOON, LENGTH));
    assertFalse(leases.acquire("other", "c", NOON, LENGTH));
  }

  @Test
  default void ofTwoWhoAcquireALeaseAtOnceOneGetsIt() throws Exception {
    LeaseTable leases = database().leases();
    for (int round = 0; round < 10; round++) {
      String name = "job-" + round;

      List<Boolean> got =
          AtOnce.run(
              () -> leases.acquire(name, "a", NOON, LENGTH),
              () -> leases.acquire(name, "b", NOON, LENGTH));

      assertEquals(List.of(false, true), got.stream().sorted().toList());
    }
  }
}
