package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScrubSettingsTest extends SettingsFixture {
  @Test
  void theStoreIsScrubbedOnceAMonthByDefault() {
    assertEquals(
        Optional.of(new ScrubSettings.Policy(Duration.ofDays(30), 16 << 20)), read().scrub());
  }

  @Test
  void theScrubCanBeSetAndTurnedOff() {
    properties.put("narthex.scrub.period", "7d");
    properties.put("narthex.scrub.rate", "1MiB");
    assertEquals(
        Optional.of(new ScrubSettings.Policy(Duration.ofDays(7), 1 << 20)), read().scrub());

    properties.put("narthex.scrub.period", "off");
    assertEquals(Optional.empty(), read().scrub());
  }

  @ParameterizedTest
  @CsvSource({
    "narthex.scrub.period, never",
    "narthex.scrub.period, 0s",
    "narthex.scrub.rate, fast"
  })
  void aMalformedPeriodOrRateIsRefused(String name, String value) {
    properties.put(name, value);

    SettingsException refused = assertThrows(SettingsException.class, this::read);

    assertTrue(String.valueOf(refused.getMessage()).contains(name));
  }
}
