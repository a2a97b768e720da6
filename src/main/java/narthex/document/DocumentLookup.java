package narthex.document;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.nix.DocumentName;
import narthex.nix.NixFormatException;
import narthex.nix.Realisation;
import narthex.nix.SecretKey;
import narthex.serve.NarInfoSigner;
import narthex.stream.DecoderShare;

/**
 * The only place that knows where a document comes from: stored, or an upstream. Realisations and
 * build traces are signed on their way out, so that keys can be rotated; what is stored of them was
 * trusted when it came in. Thread-safe.
 */
public final class DocumentLookup {
  private static final System.Logger LOG = System.getLogger(DocumentLookup.class.getName());

  /** How often a document is looked for again that was replaced while it was being opened. */
  private static final int ATTEMPTS = 4;

  private final Database database;
  private final BlobStore blobs;
  private final DocumentFetch fetch;
  private final DocumentIngest ingest;
  private final NarInfoSigner signer;
  private final DecoderShare decoders;

  /**
   * @param signer its keys sign realisations too
   * @param decoders whoever decodes for a client needs one of them
   */
  public DocumentLookup(
      Database database,
      BlobStore blobs,
      DocumentFetch fetch,
      DocumentIngest ingest,
      NarInfoSigner signer,
      DecoderShare decoders) {
    this.database = database;
    this.blobs = blobs;
    this.fetch = fetch;
    this.ingest = ingest;
    this.signer = signer;
    this.decoders = decoders;
  }

  /**
   * Finds a document, and brings it from an upstream if it is not here. One whose bytes are lost is
   * brought again. The caller closes it.
   *
   * @return empty if there surely is none
   * @throws IOException if that cannot be told, or it cannot be had just now
   */
  public Optional<OpenDocument> find(DocumentName name) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<DocumentRow> row = database.documents().find(name);
      if (row.isEmpty()) {
        row = fetch.fetch(name);
      }
      if (row.isEmpty()) {
        return Optional.empty();
      }
      try {
        return Optional.of(open(row.get()));
      } catch (BlobLostException lost) {
        if (isStill(row.get())) {
          logLost(lost);
          ingest.drop(row.get());
        }
      }
    }
    throw new IOException(name + " changes faster than it can be read");
  }

  /**
   * Whether a document is stored that a client put here.
   *
   * @throws IOException if that cannot be told
   */
  boolean isPut(DocumentName name) throws IOException {
    return database.documents().find(name).filter(row -> row.upstream() == null).isPresent();
  }

  /**
   * Whether a document is stored. Only a hint.
   *
   * @throws IOException if that cannot be told
   */
  public boolean isHere(DocumentName name) throws IOException {
    return database.documents().find(name).isPresent();
  }

  /**
   * Finds a document that is stored, asking no upstream and changing nothing. The caller closes it.
   *
   * @return empty if it surely is not
   * @throws IOException if that cannot be told
   */
  public Optional<OpenDocument> findHere(DocumentName name) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<DocumentRow> row = database.documents().find(name);
      if (row.isEmpty()) {
        return Optional.empty();
      }
      try {
        return Optional.of(open(row.get()));
      } catch (BlobLostException lost) {
        if (isStill(row.get())) {
          logLost(lost);
          return Optional.empty();
        }
      }
    }
    throw new IOException(name + " changes faster than it can be read");
  }

  /** Whether the row is what it was: else its blob was deleted because another took its place. */
  private boolean isStill(DocumentRow row) throws IOException {
    return database.documents().find(row.name()).equals(Optional.of(row));
  }

  private static void logLost(BlobLostException lost) {
    LOG.log(Level.ERROR, "stored document is lost reason={0}", lost.getMessage());
  }

  /**
   * Opens what is stored.
   *
   * @throws BlobLostException if its bytes are surely not there
   */
  private OpenDocument open(DocumentRow row) throws IOException {
    InputStream frame = blobs.open(row.blob(), 0, row.blobSizeBytes());
    OpenDocument stored = new StoredDocument(row, frame, decoders);
    return switch (row.name().kind()) {
      case LISTING, NAR_LISTING, LOG, DEBUG_INFO -> stored;
      case REALISATION, BUILD_TRACE -> signed(row, stored);
    };
  }

  private OpenDocument signed(DocumentRow row, OpenDocument stored) throws IOException {
    try (stored;
        InputStream bytes = stored.plain()) {
      Realisation told = Realisation.parse(row.name(), bytes.readAllBytes());
      List<SecretKey> keys = row.upstream() == null ? signer.keysFor(told) : signer.keys();
      return new SignedDocument(told.printSigned(keys));
    } catch (NixFormatException e) {
      throw new IOException("stored document is damaged name=" + row.name(), e);
    }
  }
}
