package narthex.document;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import narthex.db.DocumentRow;
import narthex.ingest.SingleFlight;
import narthex.nix.DocumentName;
import narthex.upstream.Upstreams;

/**
 * Fetches documents from the upstreams. Concurrent requests for the same document share one fetch.
 * Thread-safe.
 */
public final class DocumentFetch {
  /**
   * Longest wait for another thread's fetch. That thread always reports its result; the limit only
   * matters if it died.
   */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  private final Upstreams upstreams;
  private final DocumentIngest ingest;
  private final long maxBytes;
  private final SingleFlight<DocumentName, Optional<DocumentRow>> fetches =
      new SingleFlight<>(SILENCE);

  /**
   * @param maxBytes maximum decoded size of a document, in bytes
   */
  public DocumentFetch(Upstreams upstreams, DocumentIngest ingest, long maxBytes) {
    this.upstreams = upstreams;
    this.ingest = ingest;
    this.maxBytes = maxBytes;
  }

  /**
   * Fetches a document and stores it, unless a document of the same name was uploaded meanwhile.
   *
   * @return the document that is stored now; empty if every upstream answered that it has none
   * @throws IOException if an upstream did not answer, or the document cannot be stored
   */
  public Optional<DocumentRow> fetch(DocumentName name) throws IOException {
    return fetches.ask(name, () -> fetchNow(name));
  }

  private Optional<DocumentRow> fetchNow(DocumentName name) throws IOException {
    return upstreams.fetchDocument(
        name,
        DocumentUpload.maxBytes(name, maxBytes),
        (body, upstream) -> ingest.keep(name, body, upstream));
  }
}
