package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.blob.Extent;
import org.junit.jupiter.api.Test;

/** A faulty registry without faults, and with each. */
class FaultyRegistryTest extends InFlightRegistryContract {
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());

  @Override
  InFlightRegistry join(String name) {
    return new FaultyRegistry(new LocalRegistry(board, name));
  }

  @Test
  void itsFaultsShow() {
    try (InFlightRegistry real = new LocalRegistry(board, "c");
        FaultyRegistry faulty = new FaultyRegistry(new LocalRegistry(board, "d"))) {
      StagedFlight theirs = real.claim("flight");
      real.publish(theirs, 0, List.of(new Extent("a", 0, 1, 1)));
      faulty.begin(FaultyRegistry.Fault.FORGETS_CLAIMS);
      assertEquals("d", faulty.claim("flight").holder());
      faulty.begin(FaultyRegistry.Fault.LIES_ABOUT_EXTENTS);
      assertEquals(Optional.of(List.of(new Extent("a-missing", 0, 1, 1))), faulty.batch(theirs, 0));
      faulty.begin(FaultyRegistry.Fault.LIES_ABOUT_THE_END);
      assertEquals(Optional.of(theirs.ended(StagedFlight.State.STORED)), faulty.find("flight"));
      faulty.begin(FaultyRegistry.Fault.ANSWERS_EMPTY);
      assertEquals(Optional.empty(), faulty.find("flight"));
      faulty.begin(FaultyRegistry.Fault.THROWS);
      assertThrows(IllegalStateException.class, () -> faulty.claim("flight"));
    }
  }
}
