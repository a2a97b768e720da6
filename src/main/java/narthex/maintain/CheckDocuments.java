package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.db.FsckTable;
import narthex.maintain.Finding.Kind;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.DecoderShare;
import narthex.stream.DigestingInputStream;
import narthex.stream.TooLongException;

/** Checks documents: their blob exists, has the right length and, if asked for, the right hash. */
final class CheckDocuments implements FsckStep {
  private static final int ATTEMPTS = 5;
  private static final int BUFFER_BYTES = 64 << 10;

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
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<DocumentRow> row = database.documents().find(name);
      Optional<Kind> kind = row.isEmpty() ? Optional.empty() : look(row.get());
      if (kind.isEmpty()) {
        return List.of();
      }
      if (database.documents().find(name).equals(row)) {
        DocumentRow wrong = row.orElseThrow();
        return List.of(
            new Finding(
                kind.get(),
                "document " + path + ": blob " + wrong.blob(),
                () -> repairs.dropDocument(wrong)));
      }
    }
    throw new IOException("the document changes faster than it can be read");
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
      return isRight(row) ? Optional.empty() : Optional.of(Kind.DAMAGED_DOCUMENT);
    } catch (CorruptEncodingException | TooLongException e) {
      return Optional.of(Kind.DAMAGED_DOCUMENT);
    } catch (BlobLostException gone) {
      return Optional.of(Kind.LOST_BLOB);
    }
  }

  private boolean isRight(DocumentRow row) throws IOException {
    InputStream frame = blobs.open(row.blob(), 0, row.blobSizeBytes());
    try (DigestingInputStream in =
        new DigestingInputStream(
            new BoundedInputStream(
                decoders.decode(Compression.ZSTD, frame, row.sizeBytes()),
                row.sizeBytes(),
                row.name().print()))) {
      byte[] buffer = new byte[BUFFER_BYTES];
      while (in.read(buffer, 0, buffer.length) >= 0) {
        // only to read it
      }
      return in.count() == row.sizeBytes() && in.digest().equals(row.hash());
    }
  }
}
