package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CollectionSettingsTest extends SettingsFixture {
  private static final String LEVEL = "narthex.repack.level";

  @Test
  void packsAreCompressedAgainAtTheLevelOfUpstreamsByDefault() {
    assertEquals(OptionalInt.of(19), read().collecting().repackLevel());
  }

  @Test
  void theLevelIsReadAndCanBeOff() {
    properties.put(LEVEL, "22");
    assertEquals(OptionalInt.of(22), read().collecting().repackLevel());

    properties.put(LEVEL, "off");
    assertEquals(OptionalInt.empty(), read().collecting().repackLevel());
  }

  @Test
  void packsAreCompressedAgainInACluster() {
    cluster();

    assertEquals(OptionalInt.of(19), read().collecting().repackLevel());
  }

  private void cluster() {
    properties.put("narthex.cluster.enabled", "true");
    properties.put("narthex.database.url", "jdbc:postgresql://db.example/narthex");
    properties.put("narthex.blob.url", "s3://bucket");
  }

  @Test
  void packsAreNotCompressedAgainInAClusterThatAdvertisesZstdFiles() {
    cluster();
    properties.put("narthex.cdc.mode", "eager");
    properties.put("narthex.cdc.advertise", "zstd");
    assertEquals(OptionalInt.empty(), read().collecting().repackLevel());

    properties.put(LEVEL, "off");
    assertEquals(OptionalInt.empty(), read().collecting().repackLevel());

    properties.put(LEVEL, "22");
    SettingsException refused = assertThrows(SettingsException.class, this::read);
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(LEVEL) && message.contains("cluster"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "23", "-1", "high", "OFF", "1.5"})
  void aLevelThatZstdDoesNotHaveIsRefused(String value) {
    properties.put(LEVEL, value);

    SettingsException refused = assertThrows(SettingsException.class, this::read);

    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(LEVEL), message);
  }
}
