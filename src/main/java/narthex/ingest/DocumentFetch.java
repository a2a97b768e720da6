package narthex.ingest;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.db.DocumentRow;
import narthex.nix.DocumentName;
import narthex.upstream.Upstreams;

/** Brings documents from the upstreams. Concurrent questions for one are one. Thread-safe. */
public final class DocumentFetch {
  /** The one who fetches a document answers all others; this only frees them if it died. */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  private final Upstreams upstreams;
  private final DocumentIngest ingest;
  private final long maxBytes;
  private final ConcurrentMap<DocumentName, CompletableFuture<Optional<DocumentRow>>> fetches =
      new ConcurrentHashMap<>();

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
    CompletableFuture<Optional<DocumentRow>> mine = new CompletableFuture<>();
    CompletableFuture<Optional<DocumentRow>> other = fetches.putIfAbsent(name, mine);
    if (other != null) {
      return await(other);
    }
    try {
      mine.complete(fetchNow(name));
    } catch (IOException | RuntimeException | Error e) {
      mine.completeExceptionally(e);
    } finally {
      fetches.remove(name, mine);
    }
    return await(mine);
  }

  private Optional<DocumentRow> fetchNow(DocumentName name) throws IOException {
    return upstreams.fetchDocument(
        name,
        DocumentUpload.maxBytes(name, maxBytes),
        (body, upstream) -> ingest.keep(name, body, upstream));
  }

  private static Optional<DocumentRow> await(CompletableFuture<Optional<DocumentRow>> fetch)
      throws IOException {
    try {
      return fetch.get(SILENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw new IOException(failure.getMessage(), failure);
      }
      throw new IllegalStateException("fetch of a document broke", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no document for " + SILENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a document", e);
    }
  }
}
