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
 * Finds documents: first among the stored ones, then at the upstreams. Realisations and build
 * traces are signed when they are served, so that keys can be rotated; their trust was checked when
 * they were stored. Thread-safe.
 */
public final class DocumentLookup {
  private static final System.Logger LOG = System.getLogger(DocumentLookup.class.getName());

  /** How often a lookup is repeated when the document is replaced while it is being opened. */
  private static final int ATTEMPTS = 4;

  private final Database database;
  private final BlobStore blobs;
  private final DocumentFetch fetch;
  private final DocumentIngest ingest;
  private final NarInfoSigner signer;
  private final DecoderShare decoders;

  /**
   * @param signer its keys also sign realisations
   * @param decoders decoder memory for serving clients
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
   * Finds a document; fetches it from an upstream if it is not stored or its blob is lost. The
   * caller closes the result.
   *
   * @return empty if the document is not stored and no upstream has it
   * @throws IOException if this is unknown, or the document is temporarily unavailable
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
   * Returns whether a client uploaded the stored document of this name.
   *
   * @throws IOException if the lookup fails
   */
  boolean isPut(DocumentName name) throws IOException {
    return database.documents().find(name).filter(row -> row.upstream() == null).isPresent();
  }

  /**
   * Returns whether a document is stored. Only a hint: it may be deleted at any time.
   *
   * @throws IOException if the lookup fails
   */
  public boolean isHere(DocumentName name) throws IOException {
    return database.documents().find(name).isPresent();
  }

  /**
   * Finds a stored document. Asks no upstream and changes nothing. The caller closes the result.
   *
   * @return empty if it is not stored
   * @throws IOException if the lookup fails
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

  /**
   * Returns whether the row is unchanged. If not, another document replaced it and its blob was
   * deleted.
   */
  private boolean isStill(DocumentRow row) throws IOException {
    return database.documents().find(row.name()).equals(Optional.of(row));
  }

  private static void logLost(BlobLostException lost) {
    LOG.log(Level.ERROR, "stored document is lost reason={0}", lost.getMessage());
  }

  /**
   * Opens a stored document.
   *
   * @throws BlobLostException if its blob is missing
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
