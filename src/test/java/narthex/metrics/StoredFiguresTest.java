package narthex.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import narthex.db.StatisticsTable.ChunkCount;
import narthex.db.StatisticsTable.Counts;
import narthex.db.StatisticsTable.FormCount;
import org.junit.jupiter.api.Test;

class StoredFiguresTest {
  private Instant now = Instant.EPOCH;
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private long paths = 1;
  private boolean away;

  private final StoredFigures figures =
      new StoredFigures(this::count, () -> 7, tasks::add, () -> now);

  private Counts count() throws IOException {
    if (away) {
      throw new IOException("away");
    }
    return new Counts(
        paths,
        0,
        0,
        0,
        List.of(new FormCount("whole", "xz", 2, 30)),
        new ChunkCount(0, 0, 0),
        0,
        0);
  }

  @Test
  void theyAreCountedInTheBackgroundAndNotAtEachRead() {
    assertTrue(Double.isNaN(figures.value(Counts::paths)));
    assertTrue(Double.isNaN(figures.unchunked()));
    assertEquals(1, tasks.size());

    tasks.remove().run();
    paths = 2;

    assertEquals(1, figures.value(Counts::paths));
    assertEquals(7, figures.unchunked());
    assertEquals(30, figures.value(counts -> StoredFigures.bytes(counts, "whole", "xz")));
    assertEquals(0, figures.value(counts -> StoredFigures.bytes(counts, "whole", "zstd")));
    assertEquals(0, tasks.size());
  }

  @Test
  void oldFiguresAreShownUntilNewOnesAreThere() {
    figures.unchunked();
    tasks.remove().run();
    paths = 2;

    now = now.plus(StoredFigures.PERIOD);

    assertEquals(1, figures.value(Counts::paths));
    tasks.remove().run();
    assertEquals(2, figures.value(Counts::paths));
  }

  @Test
  void aDatabaseThatIsAwayIsAskedAgainLater() {
    away = true;
    figures.unchunked();
    tasks.remove().run();
    assertTrue(Double.isNaN(figures.value(Counts::paths)));
    assertEquals(0, tasks.size());

    away = false;
    now = now.plus(StoredFigures.PERIOD);
    figures.unchunked();
    tasks.remove().run();

    assertEquals(1, figures.value(Counts::paths));
  }
}
