package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.nix.SecretKey;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.settings.SettingsFixture;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Replicas that join a cluster must have some things in common. */
class ClusterAgreementTest extends SettingsFixture {
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final InFlightRegistry first = new LocalRegistry(board, "first");
  private Database database;
  private BlobStore blobs;

  @BeforeEach
  void open() throws IOException {
    properties.put("narthex.cluster.enabled", "true");
    properties.put("narthex.database.jndi", "jdbc/shared");
    properties.put("narthex.blob.url", path("blobs").toString());
    database =
        Database.open(
            new narthex.db.DatabaseAddress("jdbc:sqlite:" + path("shared.db"), null, null, null));
    blobs = DirectoryBlobStore.open(path("blobs"));
  }

  @AfterEach
  void close() throws IOException {
    blobs.close();
    database.close();
  }

  private void join(InFlightRegistry registry, BlobStore store) throws IOException {
    new ClusterAgreement(read(), database.cluster(), store).require(registry);
  }

  private String refusal(BlobStore store) {
    try (InFlightRegistry second = new LocalRegistry(board, "second")) {
      SettingsException refused = assertThrows(SettingsException.class, () -> join(second, store));
      String message = String.valueOf(refused.getMessage());
      assertFalse(message.contains("\n"), message);
      return message;
    }
  }

  @Test
  void replicasThatAgreeJoin() throws IOException {
    join(first, blobs);
    properties.put("narthex.data-dir", path("other").toString());
    properties.put("narthex.cdc.mode", "eager");
    try (InFlightRegistry second = new LocalRegistry(board, "second")) {
      join(second, blobs);
    }
    join(first, blobs);
  }

  @ParameterizedTest
  @CsvSource({
    "narthex.cdc.avg, 128KiB, 131072 here",
    "narthex.store-dir, /gnu/store, /gnu/store here"
  })
  void aReplicaThatDiffersIsRefusedWithTheSetting(String setting, String value, String how)
      throws IOException {
    join(first, blobs);
    properties.put(setting, value);
    String message = refusal(blobs);
    assertTrue(
        message.startsWith(setting + ": must be the same on all replicas of the cluster: " + how),
        message);
  }

  @Test
  void aReplicaWithOtherSigningKeysIsRefused() throws IOException {
    join(first, blobs);
    SecretKey other = SecretKey.generate("other-1", new SecureRandom());
    properties.put("narthex.signing.key-files", write("work/other.key", other.print()).toString());
    String message = refusal(blobs);
    assertTrue(message.startsWith("narthex.signing.key-files: must be the same"), message);
    assertTrue(message.contains(other.publicKey().print()), message);
    assertFalse(message.contains(other.print()), message);
  }

  @Test
  void aReplicaWithAnotherBlobStoreIsRefused() throws IOException {
    join(first, blobs);
    try (BlobStore other = DirectoryBlobStore.open(path("others"))) {
      String message = refusal(other);
      assertTrue(message.startsWith("narthex.blob.url: must be the same"), message);
    }
  }

  @Test
  void aReplicaThatIsAloneDecides() throws IOException {
    join(first, blobs);
    properties.put("narthex.cdc.avg", "128KiB");
    try (BlobStore other = DirectoryBlobStore.open(path("others"))) {
      join(first, other);
      join(first, other);
      properties.remove("narthex.cdc.avg");
      assertTrue(refusal(other).startsWith("narthex.cdc.avg: "));
    }
  }

  @Test
  void replicasSignWithTheKeyOfTheFirst() throws IOException {
    SecretKey old = SecretKey.generate("old-1", new SecureRandom());
    Settings.Signing signing = read().signing();
    Files.createDirectories(Objects.requireNonNull(signing.keyFiles().get(0).getParent()));
    Files.writeString(signing.keyFiles().get(0), old.print());
    assertEquals(old.print(), onlyKey());

    properties.put("narthex.data-dir", path("other").toString());
    assertEquals(old.print(), onlyKey());
    assertFalse(Files.exists(path("other")), "a replica needs no key file");
  }

  @Test
  void aNewClusterMakesOneKey() throws IOException {
    String made = onlyKey();
    properties.put("narthex.data-dir", path("other").toString());
    assertEquals(made, onlyKey());
    assertNotEquals("", made);
  }

  @Test
  void keyFilesThatAreSetWin() throws IOException {
    onlyKey();
    SecretKey mine = SecretKey.generate("mine-1", new SecureRandom());
    properties.put("narthex.signing.key-files", write("work/mine.key", mine.print()).toString());
    assertEquals(mine.print(), onlyKey());
  }

  private String onlyKey() throws IOException {
    List<SecretKey> keys = SigningKeys.ofCluster(read().signing(), database.cluster());
    assertEquals(1, keys.size());
    return keys.get(0).print();
  }
}
