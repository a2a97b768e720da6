package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.db.NarInfoRow;
import narthex.ingest.CdcMode;
import narthex.nix.Sha256;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SweepTest extends StoreFixture {
  private static final Duration GRACE = Duration.ofHours(24);

  private SweepNars sweep;
  private Chores chores;

  @BeforeEach
  void open() {
    sweep =
        new SweepNars(
            database,
            new Deletion(database, stored, new Pins(database, () -> now), () -> now),
            GRACE,
            () -> now);
    chores = chores(sweep, new DeleteGarbage(database, blobs, () -> now));
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
  void aNarThatIsUploadedAgainAfterTheSearchIsNotSwept() throws Exception {
    NarFixture fixture = put(4);
    pass(GRACE.plusMillis(1));
    List<Sha256> found = sweep.find(Optional.empty(), 10);
    assertEquals(List.of(fixture.id().hash()), found);
    put(fixture, CdcMode.OFF);

    assertFalse(sweep.run(found.get(0)));

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
