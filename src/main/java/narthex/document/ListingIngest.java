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
 * Makes listings of NARs and keeps them as documents by NarHash, so that none is ever out of date.
 * Memory does not grow with the listing. Thread-safe.
 */
public final class ListingIngest {
  private final DocumentIngest documents;

  /** Keeps them there. */
  public ListingIngest(DocumentIngest documents) {
    this.documents = documents;
  }

  /**
   * Makes the listing of a NAR and keeps it, in place of one that may be there.
   *
   * @param nar its bytes, read up to the end and checked against the hash; stays open
   * @throws narthex.stream.NotNarException if the bytes are not a NAR
   * @throws CorruptNarException if they are another one
   * @throws IOException if they cannot be read, or the listing cannot be kept
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
