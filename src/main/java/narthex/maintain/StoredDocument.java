package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import narthex.blob.BlobStore;
import narthex.db.DocumentRow;
import narthex.nix.Compression;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.DecoderShare;
import narthex.stream.DigestingInputStream;
import narthex.stream.TooLongException;

/** Compares the blob of a document with its row. */
final class StoredDocument {
  private StoredDocument() {}

  /**
   * Reads the whole document. Returns whether it has the size and the hash of its row.
   *
   * @throws narthex.blob.BlobLostException if the blob is missing or too short
   * @throws IOException if it can't be read
   */
  static boolean isRight(DocumentRow row, BlobStore blobs, DecoderShare decoders)
      throws IOException {
    InputStream frame = blobs.open(row.blob(), 0, row.blobSizeBytes());
    try (DigestingInputStream in =
        new DigestingInputStream(
            new BoundedInputStream(
                decoders.decode(Compression.ZSTD, frame, row.sizeBytes()),
                row.sizeBytes(),
                row.name().print()))) {
      in.transferTo(OutputStream.nullOutputStream());
      return in.count() == row.sizeBytes() && in.digest().equals(row.hash());
    } catch (CorruptEncodingException | TooLongException damaged) {
      return false;
    }
  }
}
