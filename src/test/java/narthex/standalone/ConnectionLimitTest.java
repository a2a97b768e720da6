package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import org.junit.jupiter.api.Test;

class ConnectionLimitTest {
  private static final long MIB = 1 << 20;
  private static final long CONNECTION_BYTES = EmbeddedServer.CONNECTION_BYTES;

  @Test
  void byDefaultTheBuffersOfConnectionsFitHalfTheHeap() {
    assertEquals(3_276, ConnectionLimit.byMemory(200, 512 * MIB, CONNECTION_BYTES));
    assertEquals(13_107, ConnectionLimit.byMemory(200, 2048 * MIB, CONNECTION_BYTES));
  }

  @Test
  void aSmallHeapHasConnectionsForUsualClients() {
    assertEquals(1_024, ConnectionLimit.byMemory(200, 16 * MIB, CONNECTION_BYTES));
  }

  @Test
  void eachRequestThreadMayHaveAConnection() {
    assertEquals(36_000, ConnectionLimit.byMemory(36_000, 512 * MIB, CONNECTION_BYTES));
  }

  @Test
  void aQuarterOfTheOpenFilesIsLeft() {
    assertEquals(4_096, ConnectionLimit.byFiles(4_096, 20_000, true));
    assertEquals(4_096, ConnectionLimit.byFiles(4_096, Long.MAX_VALUE, true));
    assertEquals(1, ConnectionLimit.byFiles(4_096, 4, true));
  }

  @Test
  void eachConnectionMayHaveAFileOpen() {
    assertEquals(7_500, ConnectionLimit.byFiles(36_000, 20_000, true));
    assertEquals(384, ConnectionLimit.byFiles(4_096, 1_024, true));
  }

  @Test
  void readersOfChunksHaveFewPacksOpen() {
    assertEquals(14_488, ConnectionLimit.byFiles(36_000, 20_000, false));
    assertEquals(1_024, ConnectionLimit.byFiles(4_096, 2_048, false));
    assertEquals(384, ConnectionLimit.byFiles(4_096, 1_024, false));
  }

  @Test
  void inModeEagerWithoutPopularFilesOnlyChunksAreSent() {
    assertFalse(maySendFiles("eager", "0"));
    assertTrue(maySendFiles("eager", "1GiB"));
    assertTrue(maySendFiles("lazy", "0"));
    assertTrue(maySendFiles("off", "0"));
  }

  private static boolean maySendFiles(String mode, String narCache) {
    Map<String, String> set =
        Map.of(
            "narthex.cdc.mode", mode, "narthex.nar-cache-size", narCache, "narthex.upstreams", "");
    Path folder = Path.of("nowhere");
    return ConnectionLimit.maySendFiles(
        Settings.read(
            new SettingsSources(set, Map.of(), folder, folder, "a", ContextSources.ROOT)));
  }
}
