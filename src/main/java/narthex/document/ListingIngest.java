package narthex.document;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import narthex.nix.DocumentName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.CorruptNarException;
import narthex.stream.DigestingInputStream;

/**
 * Generates listings of NARs and stores them as documents. They are keyed by NarHash and so never
 * outdated. Memory use does not depend on the size of the listing. Thread-safe.
 */
public final class ListingIngest {
  private final DocumentIngest documents;

  /** Creates an ingest that stores listings through {@code documents}. */
  public ListingIngest(DocumentIngest documents) {
    this.documents = documents;
  }

  /**
   * Generates the listing of a NAR, stores it and replaces an existing one.
   *
   * @param nar its bytes; read to the end and compared with the NarHash, not closed
   * @throws narthex.stream.NotNarException if the bytes are not a NAR
   * @throws CorruptNarException if the bytes do not have this NarHash
   * @throws IOException if reading the NAR or storing the listing fails
   */
  public void make(NarId id, InputStream nar) throws IOException {
    documents.make(
        DocumentName.listing(id.hash()),
        out -> {
          Writer text = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          DigestingInputStream bytes = new DigestingInputStream(nar);
          ListingVisitor.list(bytes, text);
          Sha256 hash = bytes.digest();
          if (!hash.equals(id.hash())) {
            throw new CorruptNarException(
                "NarHash", id.hash().nix32(), hash.nix32(), "the listing's source");
          }
          text.flush();
        });
  }
}
