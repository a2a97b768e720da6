package narthex.db;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import narthex.nix.DocumentName;

/** The table of documents. Thread-safe. */
public final class DocumentTable {
  private final Transactions transactions;

  DocumentTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Finds a document, by one indexed statement.
   *
   * @throws DatabaseException if the query fails
   */
  public Optional<DocumentRow> find(DocumentName name) throws IOException {
    String path = name.print();
    return transactions.single(
        "find document",
        path,
        mappers -> Optional.ofNullable(mappers.documents().find(path)).map(DocumentColumns::row));
  }

  /**
   * Finds documents, sorted by name.
   *
   * @param after return only documents with greater names; empty to start with the first
   * @param most most results
   * @throws DatabaseException if the query fails
   */
  public List<DocumentRow> findPage(Optional<DocumentName> after, int most) throws IOException {
    String start = after.map(DocumentName::print).orElse("");
    return transactions.single(
        "find documents",
        start,
        mappers ->
            mappers.documents().findPage(start, most).stream().map(DocumentColumns::row).toList());
  }

  /**
   * Counts the documents.
   *
   * @throws DatabaseException if the query fails
   */
  public long count() throws IOException {
    return transactions.single("count documents", "", mappers -> mappers.documents().count());
  }

  /**
   * Stores a document, replacing one of the same name, and lists the blob of the replaced document
   * as garbage. Call it after the blob is stored. Storing the same row again changes nothing.
   *
   * @param deleteAfter when the blob of the replaced document may be deleted
   * @return whether a document was replaced
   * @throws DatabaseException if storing fails; changes nothing then
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
   * Stores a document unless one of the same name exists. Call it after the blob is stored.
   *
   * @return false, without a change, if one exists
   * @throws DatabaseException if storing fails; changes nothing then
   */
  public boolean storeIfAbsent(DocumentRow row) throws IOException {
    DocumentColumns columns = DocumentColumns.of(row);
    return transactions.together(
        "store document",
        columns.path(),
        mappers -> mappers.documents().storeIfAbsent(columns) > 0);
  }

  /**
   * Deletes the document of this name, if it exists, and lists its blob as garbage.
   *
   * @param deleteAfter when the blob may be deleted
   * @throws DatabaseException if deleting fails; changes nothing then
   */
  public void delete(DocumentName name, Instant deleteAfter) throws IOException {
    Optional<DocumentRow> row = find(name);
    if (row.isPresent()) {
      delete(row.get(), deleteAfter);
    }
  }

  /**
   * Deletes a document and lists its blob as garbage.
   *
   * @param deleteAfter when the blob may be deleted
   * @return false, without a change, if the document is no longer in this blob
   * @throws DatabaseException if deleting fails; changes nothing then
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
