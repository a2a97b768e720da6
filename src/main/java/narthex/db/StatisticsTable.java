package narthex.db;

import java.io.IOException;
import java.util.List;

/** Counts what is stored. Reads whole tables: not for requests of clients. Thread-safe. */
public final class StatisticsTable {
  private final Transactions transactions;

  /** Counts the rows of this database. */
  public StatisticsTable(Database database) {
    this.transactions = database.transactions;
  }

  /**
   * What is stored.
   *
   * @param paths narinfos
   * @param uploadedPaths those of them that were uploaded
   * @param nars stored NARs
   * @param narBytes their length
   * @param forms the stored forms of NARs
   * @param chunks chunks
   * @param garbageBlobs blobs that are to be deleted
   * @param pins pins
   */
  public record Counts(
      long paths,
      long uploadedPaths,
      long nars,
      long narBytes,
      List<FormCount> forms,
      ChunkCount chunks,
      long garbageBlobs,
      long pins) {}

  /**
   * Stored forms of NARs.
   *
   * @param form chunked or whole
   * @param compression the name in a narinfo; "none" for chunks
   * @param files how many
   * @param bytes their length in a narinfo; for chunks, that of the NARs
   */
  public record FormCount(String form, String compression, long files, long bytes) {}

  /**
   * Chunks.
   *
   * @param count how many
   * @param bytes their stored length, each counted once
   * @param referredBytes their stored length, counted once for each use in a NAR
   */
  public record ChunkCount(long count, long bytes, long referredBytes) {}

  /**
   * Counts.
   *
   * @throws DatabaseException if a query fails
   */
  public Counts count() throws IOException {
    return transactions.single(
        "count",
        "",
        mappers -> {
          StatisticsMapper rows = mappers.statistics();
          return new Counts(
              rows.countPaths(),
              rows.countUploads(),
              rows.countNars(),
              rows.sumNars(),
              rows.countForms().stream()
                  .map(
                      row -> new FormCount(row.form(), row.compression(), row.files(), row.bytes()))
                  .toList(),
              new ChunkCount(rows.countChunks(), rows.sumChunks(), rows.sumManifests()),
              rows.countGarbage(),
              rows.countPins());
        });
  }
}
