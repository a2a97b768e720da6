package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.OptionalLong;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StagedFlightTest {
  private static final StagedFlight BARE = StagedFlight.begin("nar-x-1-xz", "a", 3);

  @Test
  void aFlightIsReadAsItWasPrinted() {
    assertEquals("nar-x-1-xz a 3 ACTIVE - - - - - -", BARE.print());
    assertEquals(BARE, StagedFlight.parse(BARE.print()));
    Sha256 hash = Sha256.hash(new byte[0]);
    StagedFlight full =
        BARE.with(
                new StagedFlight.Content(
                    StagedFlight.Form.FILE,
                    Compression.ZSTD,
                    hash,
                    new NarId(hash, 12),
                    OptionalLong.of(5)))
            .ended(StagedFlight.State.STORED);
    assertEquals(full, StagedFlight.parse(full.print()));
    StagedFlight unknown =
        BARE.with(
            new StagedFlight.Content(
                StagedFlight.Form.CHUNKS, Compression.NONE, null, null, OptionalLong.empty()));
    assertEquals(unknown, StagedFlight.parse(unknown.print()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x a 1 ACTIVE",
        "x a b ACTIVE - - - - - -",
        "x a 1 LOST - - - - - -",
        "x a 1 ACTIVE FILE XZ short - - -"
      })
  void whatIsNoFlightIsRefused(String line) {
    assertThrows(IllegalArgumentException.class, () -> StagedFlight.parse(line));
  }
}
