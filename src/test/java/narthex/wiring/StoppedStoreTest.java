package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.stream.Stream;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.serve.NarSource;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The check after each integration test can fail. */
class StoppedStoreTest {
  @TempDir private Path folder;

  /** Leaves the data of a server that has stored a NAR. */
  private Map<String, String> left(CdcMode mode) throws IOException {
    Sample sample = Sample.of(1, Compression.XZ);
    try (FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40)) {
      sample.publish(upstream);
      try (Node node = Node.open(folder, Node.Options.usual().in(mode), upstream)) {
        assertTrue(node.narInfo(sample).isPresent());
        try (NarSource source = node.nars().find(sample.narName()).orElseThrow();
            InputStream bytes = source.open(0)) {
          assertArrayEquals(sample.bytes(sample.narName(), 0), bytes.readAllBytes());
        }
        node.awaitIdle();
      }
    }
    return Map.of(
        "narthex.data-dir",
        folder.toString(),
        "narthex.blob.url",
        folder.resolve("store").toString());
  }

  private Path blob() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("store").resolve("blobs"))) {
      return files
          .filter(file -> Files.isRegularFile(file) && file.toFile().length() > 0)
          .findFirst()
          .orElseThrow();
    }
  }

  private void execute(String sql) throws SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("narthex.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      assertTrue(statement.executeUpdate(sql) > 0);
    }
  }

  private static String found(Map<String, String> settings) {
    return String.valueOf(
        assertThrows(AssertionError.class, () -> StoppedStore.assertSound(settings)).getMessage());
  }

  @ParameterizedTest
  @EnumSource
  void whatAServerLeftIsSound(CdcMode mode) throws Exception {
    Map<String, String> settings = left(mode);

    StoppedStore.assertRight(settings);
    StoppedStore.assertSound(settings);
  }

  @Test
  void withoutADatabaseThereIsNothingToCheck() throws Exception {
    StoppedStore.assertSound(folder);
  }

  @ParameterizedTest
  @EnumSource(names = {"OFF", "EAGER"})
  void aFlippedBitIsFound(CdcMode mode) throws Exception {
    Map<String, String> settings = left(mode);
    byte[] bytes = Files.readAllBytes(blob());
    bytes[bytes.length / 2] ^= 1;
    Files.write(blob(), bytes);

    String found = found(settings);

    assertTrue(found.contains("damaged-"), found);
    assertThrows(AssertionError.class, () -> StoppedStore.assertRight(settings));
  }

  @Test
  void aLostBlobIsFound() throws Exception {
    Map<String, String> settings = left(CdcMode.EAGER);
    Files.delete(blob());

    String found = found(settings);

    assertTrue(found.contains("lost-blob: "), found);
  }

  @Test
  void anUnreferencedBlobIsCollectedNotFound() throws Exception {
    Map<String, String> settings = left(CdcMode.EAGER);
    Path unnamed = blob().resolveSibling("0".repeat(32));
    Files.write(unnamed, new byte[100]);

    StoppedStore.assertSound(settings);

    assertFalse(Files.exists(unnamed));
  }

  @Test
  void aBlobThatIsNeverCollectedIsFound() throws Exception {
    Map<String, String> settings = left(CdcMode.EAGER);
    StoppedStore.assertSound(settings); // marks the store
    Files.write(blob().resolveSibling("0".repeat(32)), new byte[100]);
    execute("update blob_owner set owner = 'another'"); // so nothing is collected

    String found = found(settings);

    assertTrue(found.contains("orphan: "), found);
  }
}
