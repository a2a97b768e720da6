package narthex.maintain;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import narthex.blob.CountingBlobStore;
import narthex.db.Database;
import narthex.db.StatisticsTable;
import narthex.db.StatisticsTable.Counts;
import narthex.db.StatisticsTable.FormCount;

/**
 * Figures about what is stored, and about the server. Also the job {@code stats}, so that the
 * command line gets them in the same way as the others. Thread-safe.
 */
public final class Statistics implements Job {
  /** Knows figures that aren't in the database. */
  @FunctionalInterface
  public interface Source {
    /** Adds them. */
    void addTo(Map<String, Object> figures) throws IOException;
  }

  private final StatisticsTable table;
  private final CountingBlobStore blobs;
  private final Source server;

  /**
   * @param blobs knows the stored bytes, if they were counted
   * @param server adds figures about the server
   */
  public Statistics(Database database, CountingBlobStore blobs, Source server) {
    this.table = new StatisticsTable(database);
    this.blobs = blobs;
    this.server = server;
  }

  @Override
  public String name() {
    return "stats";
  }

  @Override
  public Work prepare(JobOptions options) {
    return progress -> new JobResult(JobResult.Verdict.DONE, read());
  }

  /**
   * Reads all figures: numbers and texts by name.
   *
   * @throws IOException if the database fails
   */
  public Map<String, Object> read() throws IOException {
    Counts counts = table.count();
    Map<String, Object> figures = new LinkedHashMap<>();
    server.addTo(figures);
    figures.put("paths", counts.paths());
    figures.put("uploadedPaths", counts.uploadedPaths());
    figures.put("nars", counts.nars());
    figures.put("narBytes", counts.narBytes());
    for (FormCount form : counts.forms()) {
      String name = form.form() + "." + form.compression();
      figures.put(name + ".nars", form.files());
      figures.put(name + ".bytes", form.bytes());
    }
    figures.put("chunks", counts.chunks().count());
    figures.put("chunkBytesBeforeDeduplication", counts.chunks().referredBytes());
    figures.put("chunkBytesAfterDeduplication", counts.chunks().bytes());
    figures.put("garbageBlobs", counts.garbageBlobs());
    figures.put("pins", counts.pins());
    OptionalLong stored = blobs.bytes();
    if (stored.isPresent()) {
      figures.put("storedBytes", stored.getAsLong());
    }
    return figures;
  }
}
