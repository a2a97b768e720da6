package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import narthex.db.NarInfoRow;
import narthex.ingest.CdcMode;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SweepTest extends StoreFixture {
  private static final Duration GRACE = Duration.ofHours(24);

  private Chores chores;

  @BeforeEach
  void open() {
    chores =
        chores(
            new SweepNars(database, new Deletion(database, stored, () -> now), GRACE, () -> now),
            new DeleteGarbage(database, blobs, () -> now));
    stored.addListeners(chores);
  }

  private NarFixture put(int seed) throws IOException {
    return put(seed, CdcMode.OFF);
  }

  private boolean isStored(NarFixture fixture) throws IOException {
    return database.findNar(fixture.id().hash()).isPresent();
  }

  @Test
  void whatNothingNamesIsSweptAfterTheGraceWithItsBytes() throws Exception {
    NarFixture fixture = put(1);
    pass(GRACE);
    chores.wake();
    assertTrue(isStored(fixture));
    assertEquals(1, keys().size());

    pass(Duration.ofHours(1));
    chores.wake();

    assertFalse(isStored(fixture));
    assertEquals(0, keys().size());
  }

  @Test
  void whatANarInfoNamesStays() throws Exception {
    NarFixture fixture = put(2);
    database.storeNarInfo(
        new NarInfoRow(
            fixture.narInfo(fixture.url()), null, fixture.fileHash().nix32(), Instant.EPOCH));
    pass(GRACE.multipliedBy(10));

    chores.wake();

    assertTrue(isStored(fixture));
    assertEquals(1, keys().size());
  }

  @Test
  void whatIsPutOnceMoreHasItsGraceAnew() throws Exception {
    NarFixture fixture = put(3);
    pass(GRACE);
    put(fixture, CdcMode.OFF);
    pass(GRACE);

    chores.wake();

    assertTrue(isStored(fixture));
    assertEquals(1, keys().size());
  }

  @Test
  void moreThanOneStatementTakesIsSweptInOneRun() throws Exception {
    for (int i = 0; i < 205; i++) {
      put(1000 + i);
    }
    pass(GRACE.plusMillis(1));

    chores.wake();

    assertEquals(0, keys().size());
  }
}
