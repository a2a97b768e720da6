package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import narthex.nix.DocumentName;

/** The rows of documents. Safe for use by several threads. */
public final class DocumentTable {
  private final Transactions transactions;

  DocumentTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Finds a document, by one indexed statement; empty if it is not stored.
   *
   * @throws DatabaseException if the database cannot tell
   */
  public Optional<DocumentRow> find(DocumentName name) throws IOException {
    String path = name.print();
    return transactions.single(
        "find document",
        path,
        mappers -> Optional.ofNullable(mappers.documents().find(path)).map(DocumentColumns::row));
  }

  /**
   * Stores a document, after its bytes, in place of one of the same name, whose blob is listed as
   * garbage. Storing the same row again changes nothing.
   *
   * @param deleteAfter when the blob of the replaced one may be deleted
   * @return whether one was replaced
   * @throws DatabaseException if it could not be stored; nothing is changed then
   */
  public boolean store(DocumentRow row, Instant deleteAfter) throws IOException {
    DocumentColumns columns = DocumentColumns.of(row);
    return transactions.together(
        "store document",
        columns.path(),
        mappers -> {
          DocumentMapper documents = mappers.documents();
          documents.storeOrLock(columns);
          DocumentColumns there = documents.find(columns.path());
          if (there == null || there.blob().equals(columns.blob())) {
            return false;
          }
          documents.replace(columns);
          mappers.garbage().add(there.blob(), deleteAfter.toEpochMilli());
          return true;
        });
  }

  /**
   * Stores a document, after its bytes, unless there is one of the same name.
   *
   * @return false, and nothing is changed, if there is one
   * @throws DatabaseException if it could not be stored; nothing is changed then
   */
  public boolean storeIfAbsent(DocumentRow row) throws IOException {
    DocumentColumns columns = DocumentColumns.of(row);
    return transactions.together(
        "store document",
        columns.path(),
        mappers -> mappers.documents().storeIfAbsent(columns) > 0);
  }

  /**
   * Deletes the document of this name, if there is one, and lists its blob as garbage.
   *
   * @param deleteAfter when the blob may be deleted
   * @throws DatabaseException if it could not be deleted; nothing is changed then
   */
  public void delete(DocumentName name, Instant deleteAfter) throws IOException {
    Optional<DocumentRow> row = find(name);
    if (row.isPresent()) {
      delete(row.get(), deleteAfter);
    }
  }

  /**
   * Deletes a document, if it still is stored in this blob, and lists the blob as garbage.
   *
   * @param deleteAfter when the blob may be deleted
   * @return false, and nothing is changed, if it is not stored so
   * @throws DatabaseException if it could not be deleted; nothing is changed then
   */
  public boolean delete(DocumentRow row, Instant deleteAfter) throws IOException {
    DocumentColumns columns = DocumentColumns.of(row);
    return transactions.freeing(
        "delete document",
        columns.path(),
        mappers -> {
          boolean deleted = mappers.documents().delete(columns) > 0;
          if (deleted) {
            mappers.garbage().add(columns.blob(), deleteAfter.toEpochMilli());
          }
          return deleted;
        });
  }
}
