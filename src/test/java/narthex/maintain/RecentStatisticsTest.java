package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.blob.CountingBlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecentStatisticsTest {
  private Instant now = Instant.parse("2026-11-26T12:00:00Z");
  private Duration countTakes = Duration.ZERO;
  private final AtomicInteger counts = new AtomicInteger();

  @TempDir Path folder;

  @Test
  void rowsAreCountedTheSeldomerTheLongerItTakes() throws Exception {
    String url = "jdbc:sqlite:" + folder.resolve("n.db");
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null));
        CountingBlobStore blobs =
            new CountingBlobStore(DirectoryBlobStore.open(folder.resolve("blobs")))) {
      Statistics statistics =
          new Statistics(
              database,
              blobs,
              figures -> {
                figures.put("count", counts.incrementAndGet());
                now = now.plus(countTakes);
              });
      RecentStatistics recent = new RecentStatistics(statistics, Runnable::run, () -> now);

      assertEquals(1, count(recent));
      assertEquals(1, count(recent));
      now = now.plusSeconds(5);
      countTakes = Duration.ofSeconds(10);
      assertEquals(2, count(recent));
      now = now.plusSeconds(499);
      assertEquals(2, count(recent));
      now = now.plusSeconds(1);
      assertEquals(3, count(recent));
    }
  }

  private static int count(RecentStatistics recent) {
    RecentStatistics.Figures figures = recent.read();
    assertNotNull(figures);
    return figures.values().get("count") instanceof Integer count ? count : -1;
  }
}
