package narthex.db;

import static narthex.db.Rows.NOON;
import static narthex.db.Rows.file;
import static narthex.db.Rows.nar;
import static narthex.db.Rows.narInfo;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import narthex.db.StatisticsTable.ChunkCount;
import narthex.db.StatisticsTable.Counts;
import narthex.db.StatisticsTable.FormCount;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;

/** The contract of {@link StatisticsTable}, tested with each database. */
interface StatisticsContract {

  /** The database under test, which is empty. */
  Database database();

  @Test
  default void nothingIsCountedInAnEmptyDatabase() throws Exception {
    assertEquals(
        new Counts(0, 0, 0, 0, List.of(), new ChunkCount(0, 0, 0), 0, 0),
        new StatisticsTable(database()).count());
  }

  @Test
  default void pathsNarsAndFilesAreCounted() throws Exception {
    database().storeNarInfo(narInfo(1, 1, "a".repeat(52)));
    database().storeRepresentation(nar(1), file(Compression.XZ, 100), NOON);
    database().storeRepresentation(nar(2), file(Compression.XZ, 200), NOON);
    database().storeRepresentation(nar(2), file(Compression.ZSTD, 300), NOON);

    Counts counts = new StatisticsTable(database()).count();

    assertEquals(1, counts.paths());
    assertEquals(2, counts.nars());
    assertEquals(nar(1).sizeBytes() + nar(2).sizeBytes(), counts.narBytes());
    assertEquals(
        List.of(
            new FormCount("whole", "xz", 2, file(Compression.XZ, 100).fileSizeBytes() * 2),
            new FormCount("whole", "zstd", 1, file(Compression.ZSTD, 300).fileSizeBytes())),
        counts.forms());
  }
}
