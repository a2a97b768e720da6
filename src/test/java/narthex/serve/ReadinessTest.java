package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import narthex.blob.MemoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.staging.LocalRegistry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReadinessTest {
  @TempDir private Path folder;
  private Database database;
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private final LocalRegistry registry = new LocalRegistry(board, "a");

  @BeforeEach
  void open() throws IOException {
    String url = "jdbc:sqlite:" + folder.resolve("narthex.db");
    database = Database.open(new DatabaseAddress(url, null, null, null));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private Readiness readiness(Readiness.Cluster cluster) {
    return new Readiness(database, new MemoryBlobStore(), List::of, cluster);
  }

  @Test
  void aServerWhoseClusterFailedIsNotReady() {
    Readiness readiness = readiness(new Readiness.Cluster(List::of, registry::fault));
    assertDoesNotThrow(readiness::check);

    registry.close();

    IOException failure = assertThrows(IOException.class, readiness::check);
    assertEquals("the cluster has failed: the registry is closed", failure.getMessage());
  }

  @Test
  void aServerWhoseOthersLeftIsReady() {
    Readiness readiness = readiness(new Readiness.Cluster(List::of, registry::fault));

    new LocalRegistry(board, "b").close();

    assertDoesNotThrow(readiness::check);
  }

  @Test
  void aServerThatStopsSaysSo() {
    Readiness readiness = readiness(Readiness.Cluster.NONE);
    assertFalse(readiness.isStopping());

    readiness.stop();

    assertTrue(readiness.isStopping());
  }
}
