package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.db.FsckTable;
import narthex.maintain.Finding.Kind;
import narthex.nix.DocumentName;
import narthex.stream.DecoderShare;

/** Checks documents: their blob exists, has the right length and, if asked for, the right hash. */
final class CheckDocuments implements FsckStep {
  private final Database database;
  private final BlobStore blobs;
  private final DecoderShare decoders;
  private final Fsck.Depth depth;
  private final Repairs repairs;

  CheckDocuments(Fsck.Store store, BlobStore blobs, Fsck.Depth depth, Repairs repairs) {
    this.database = store.database();
    this.blobs = blobs;
    this.decoders = store.decoders();
    this.depth = depth;
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "documents";
  }

  @Override
  public long total() throws IOException {
    return database.fsck().count(FsckTable.Rows.DOCUMENTS);
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return database.fsck().findDocuments(after, most);
  }

  @Override
  public List<Finding> look(String path) throws IOException {
    DocumentName name = DocumentName.parse(path);
    return ChangingRow.look(
        "the document", () -> database.documents().find(name), row -> findings(path, row));
  }

  private List<Finding> findings(String path, DocumentRow row) throws IOException {
    return look(row).stream()
        .map(
            kind ->
                new Finding(
                    kind,
                    "document " + path + ": blob " + row.blob(),
                    () -> repairs.dropDocument(row)))
        .toList();
  }

  private Optional<Kind> look(DocumentRow row) throws IOException {
    OptionalLong length = blobs.find(row.blob());
    if (length.isEmpty()) {
      return Optional.of(Kind.LOST_BLOB);
    }
    if (length.getAsLong() != row.blobSizeBytes()) {
      return Optional.of(Kind.WRONG_LENGTH);
    }
    if (depth == Fsck.Depth.FRAMES) {
      return Optional.empty();
    }
    try {
      boolean isRight = StoredDocument.isRight(row, blobs, decoders);
      return isRight ? Optional.empty() : Optional.of(Kind.DAMAGED_DOCUMENT);
    } catch (BlobLostException gone) {
      return Optional.of(Kind.LOST_BLOB);
    }
  }
}
