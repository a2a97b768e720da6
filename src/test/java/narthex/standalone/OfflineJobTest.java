package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.Closeable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs over the data of a server that doesn't run. */
class OfflineJobTest {
  @TempDir private Path folder;

  /** What a job said, and its status. */
  private record Ended(int status, List<String> lines) {
    String last() {
      return lines.get(lines.size() - 1);
    }
  }

  private Ended run(Map<String, String> settings, String name, Map<String, String> options)
      throws Exception {
    Map<String, String> all = new HashMap<>(settings);
    all.put("narthex.data-dir", folder.resolve("data").toString());
    all.put("narthex.upstreams", "");
    Map<String, @Nullable String> before = new HashMap<>();
    all.forEach((key, value) -> before.put(key, System.setProperty(key, value)));
    try (Closeable restoring = () -> before.forEach(OfflineJobTest::restore)) {
      List<String> lines = new ArrayList<>();
      int status = OfflineJob.run(name, options, lines::add, atExit -> {});
      assertTrue(restoring != null);
      return new Ended(status, lines);
    }
  }

  private static void restore(String name, @Nullable String value) {
    if (value == null) {
      System.clearProperty(name);
    } else {
      System.setProperty(name, value);
    }
  }

  @Test
  void theDataOfAStoppedServerIsUsed() throws Exception {
    ServerUnderTest.start(folder, Map.of("narthex.upstreams", "")).close();

    assertEquals(
        "{\"verdict\":\"done\",\"result\":{\"sweptNars\":0,\"unnamedBlobs\":0,"
            + "\"removedChunks\":0,\"compactedBytes\":0,\"deletedBlobs\":0,\"freedBytes\":0}}",
        run(Map.of(), "collect", Map.of()).last());
    assertTrue(run(Map.of(), "stats", Map.of()).last().contains("\"paths\":0"));
    Ended refused = run(Map.of(), "evict", Map.of());
    assertEquals(2, refused.status());
    assertEquals("{\"error\":\"one of the options bytes and to is needed\"}", refused.last());
  }

  @Test
  void dataThatAServerHoldsIsRefused() throws Exception {
    try (ServerUnderTest server = ServerUnderTest.start(folder, Map.of("narthex.upstreams", ""))) {
      Ended refused = run(Map.of(), "stats", Map.of());

      assertEquals(1, refused.lines().size());
      assertTrue(refused.last().contains("is in use by another Narthex"), refused.last());
      assertTrue(server.url().startsWith("http"));
    }
  }

  @Test
  void whereThereIsNoDataNoneIsMade() throws Exception {
    Ended refused = run(Map.of(), "stats", Map.of());

    assertTrue(refused.last().contains("there is no such folder"), refused.last());
    assertTrue(Files.notExists(folder.resolve("data")));
  }

  @Test
  void theDataOfAClusterIsLeftToItsReplicas() throws Exception {
    Files.createDirectory(folder.resolve("data"));
    Map<String, String> cluster =
        Map.of(
            "narthex.cluster.enabled", "true",
            "narthex.database.url", "jdbc:postgresql://127.0.0.1:1/none",
            "narthex.blob.url", folder.resolve("blobs").toUri().toString());

    Ended refused = run(cluster, "stats", Map.of());

    assertTrue(refused.last().contains("--server"), refused.last());
  }
}
