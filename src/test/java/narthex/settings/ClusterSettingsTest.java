package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterSettingsTest extends SettingsFixture {
  private void enable() {
    properties.put("narthex.cluster.enabled", "true");
    properties.put("narthex.database.url", "jdbc:postgresql://db/narthex");
    properties.put("narthex.blob.url", "s3://nix");
  }

  @Test
  void aServerIsAloneByDefault() {
    ClusterSettings settings = read().cluster();

    assertFalse(settings.enabled());
    assertEquals(
        new ClusterSettings(
            false,
            "narthex",
            "machine.example",
            "auto",
            7800,
            new ClusterDiscovery.InDatabase(),
            0,
            null,
            null),
        settings);
  }

  @Test
  void aClusterIsConfiguredAndItsSecretIsNeverShown() {
    enable();
    properties.put("narthex.cluster.name", "blue");
    properties.put("narthex.cluster.bind-address", "10.0.0.7");
    properties.put("narthex.cluster.port", "7900");
    properties.put("narthex.cluster.discovery", "static: a.example, 10.0.0.8:7801 [fd00::1]:7802");
    properties.put("narthex.cluster.expected-members", "3");
    properties.put("narthex.cluster.secret", "hush");

    ClusterSettings settings = read().cluster();

    assertEquals(
        new ClusterSettings(
            true,
            "blue",
            "machine.example",
            "10.0.0.7",
            7900,
            new ClusterDiscovery.Fixed(
                List.of(
                    new ClusterDiscovery.Member("a.example", 0),
                    new ClusterDiscovery.Member("10.0.0.8", 7801),
                    new ClusterDiscovery.Member("fd00::1", 7802))),
            3,
            "hush",
            null),
        settings);
    assertFalse(settings.toString().contains("hush"));
  }

  @Test
  void theSecretCanBeInAFile() {
    enable();
    properties.put("narthex.cluster.secret-file", "cluster.secret");
    assertEquals(path("work/cluster.secret"), read().cluster().secretFile());

    properties.put("narthex.cluster.secret", "hush");
    assertRefused("narthex.cluster.secret-file", "cannot be given together with");
  }

  @Test
  void replicasCanBeFoundByADnsName() {
    enable();
    properties.put("narthex.cluster.discovery", "dns:narthex.svc.local");
    assertEquals(new ClusterDiscovery.InDns("narthex.svc.local"), read().cluster().discovery());
  }

  @Test
  void aClusterNeedsADatabaseThatReplicasCanShare() {
    enable();
    properties.remove("narthex.database.url");
    assertRefused("narthex.cluster.enabled", "set narthex.database.url or narthex.database.jndi");

    properties.put("narthex.database.url", "jdbc:sqlite:/shared/narthex.db");
    assertRefused("narthex.cluster.enabled", "needs a PostgreSQL database");

    properties.remove("narthex.database.url");
    properties.put("narthex.database.jndi", "jdbc/narthex");
    assertTrue(read().cluster().enabled());
  }

  @Test
  void aClusterNeedsABlobStoreThatReplicasCanShare() {
    enable();
    properties.remove("narthex.blob.url");
    assertRefused("narthex.cluster.enabled", "set narthex.blob.url");

    properties.put("narthex.blob.url", "/shared/blobs");
    assertTrue(read().cluster().enabled());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "discovery | multicast | unknown kind of discovery",
        "discovery | dns: | not a DNS name",
        "discovery | dns:a b | not a DNS name",
        "discovery | static: | contains no host",
        "discovery | static:a:b | not <host>[:<port>]",
        "discovery | static:a:65536 | port out of range",
        "port | 0 | out of range",
        "port | 65536 | out of range",
        "name | a b | not a host name",
        "expected-members | 0 | out of range"
      })
  void whatCannotBeIsRefused(String setting, String value, String reason) {
    properties.put("narthex.cluster." + setting, value);
    assertRefused("narthex.cluster." + setting, reason);
  }

  private void assertRefused(String setting, String reason) {
    SettingsException refused = assertThrows(SettingsException.class, this::read);
    String message = String.valueOf(refused.getMessage());
    assertTrue(message.contains(setting) && message.contains(reason), message);
    assertFalse(message.contains("\n"), message);
  }
}
