package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvictionSettingsTest extends SettingsFixture {
  @Test
  void thereIsNoLimitByDefault() {
    EvictionSettings eviction = read().eviction();

    assertFalse(eviction.isLimited());
    assertEquals(
        new EvictionSettings(null, null, 0.9, Duration.ofDays(7), true), read().eviction());
  }

  @Test
  void limitsAreRead() {
    properties.put("narthex.max-size", "2TiB");
    properties.put("narthex.min-free", "5GiB");
    properties.put("narthex.evict.low-water", "0.75");
    properties.put("narthex.evict.spare-uploads", "12h");
    properties.put("narthex.evict.keep", "nothing");

    EvictionSettings eviction = read().eviction();

    assertTrue(eviction.isLimited());
    assertEquals(
        new EvictionSettings(2L << 40, 5L << 30, 0.75, Duration.ofHours(12), false), eviction);
  }

  @ParameterizedTest
  @CsvSource({
    "narthex.max-size, 1023KiB",
    "narthex.max-size, much",
    "narthex.min-free, -1",
    "narthex.evict.low-water, 0.05",
    "narthex.evict.low-water, 1.1",
    "narthex.evict.low-water, 90%",
    "narthex.evict.keep, all"
  })
  void aLimitThatCannotBeHeldIsRefused(String name, String value) {
    properties.put(name, value);

    SettingsException refused = assertThrows(SettingsException.class, this::read);

    assertTrue(String.valueOf(refused.getMessage()).contains(name));
  }

  @Test
  void theFreeSpaceOfABucketIsUnknown() {
    properties.put("narthex.blob.url", "s3://nix");
    properties.put("narthex.max-size", "1GiB");
    assertTrue(read().eviction().isLimited());

    properties.put("narthex.min-free", "1GiB");

    SettingsException refused = assertThrows(SettingsException.class, this::read);
    assertTrue(String.valueOf(refused.getMessage()).contains("narthex.blob.url"));
  }
}
