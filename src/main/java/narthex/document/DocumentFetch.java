package narthex.document;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import narthex.db.DocumentRow;
import narthex.ingest.SingleFlight;
import narthex.nix.DocumentName;
import narthex.upstream.Upstreams;

/** Brings documents from the upstreams. Concurrent questions for one are one. Thread-safe. */
public final class DocumentFetch {
  /** The one who fetches a document answers all others; this only frees them if it died. */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  private final Upstreams upstreams;
  private final DocumentIngest ingest;
  private final long maxBytes;
  private final SingleFlight<DocumentName, Optional<DocumentRow>> fetches =
      new SingleFlight<>(SILENCE);

  /**
   * @param maxBytes how many bytes a document may have, decoded
   */
  public DocumentFetch(Upstreams upstreams, DocumentIngest ingest, long maxBytes) {
    this.upstreams = upstreams;
    this.ingest = ingest;
    this.maxBytes = maxBytes;
  }

  /**
   * Fetches a document and keeps it, unless one of the same name has been put here meanwhile.
   *
   * @return the one that is stored now; empty if every upstream surely has none
   * @throws IOException if that cannot be told, or it cannot be kept
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
