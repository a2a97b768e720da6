package narthex.ingest;

import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import narthex.blob.BlobStore;
import narthex.blob.Spool;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.NarStarts;
import org.jspecify.annotations.Nullable;

/**
 * Starts ingestions: every NAR, downloaded or uploaded, is stored through this class. An ingestion
 * verifies a NAR while it arrives, makes its blobs durable, and then publishes it in one database
 * transaction. Thread-safe.
 */
public final class NarIngest {
  /**
   * Longest wait of a download's check for memory. Long, as readers may already have most bytes.
   */
  private static final Duration LONGEST_DOWNLOAD_WAIT = Duration.ofHours(1);

  /** Longest wait of an upload's check for memory. Short, as clients retry uploads. */
  private static final Duration LONGEST_UPLOAD_WAIT = Duration.ofMinutes(1);

  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final BlobStore blobs;
  private final ExecutorService checkers;
  private final DecoderBudget decoders;
  private final OptionalLong partBytes;
  private final NarStarts starts = new NarStarts();
  private final LateChecks late;

  /**
   * @param stored stores whole files
   * @param chunked stores chunks
   * @param blobs creates the spools
   * @param checkers runs each check in a thread of its own, without queueing; the caller closes it
   * @param decoders memory for decoding
   * @param partBytes length of the parts in which whole files are stored while they come in, in
   *     bytes; empty to store each as one blob after its end
   */
  public NarIngest(
      StoredNars stored,
      ChunkedNars chunked,
      BlobStore blobs,
      ExecutorService checkers,
      DecoderBudget decoders,
      OptionalLong partBytes) {
    this.stored = stored;
    this.chunked = chunked;
    this.blobs = blobs;
    this.checkers = checkers;
    this.decoders = decoders;
    this.partBytes = partBytes;
    this.late = new LateChecks(checkers);
  }

  /**
   * Begins to ingest a NAR file from an upstream. The caller closes the ingestion.
   *
   * @param keep what to store after verification
   */
  public NarIngestion begin(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.DOWNLOADS, LONGEST_DOWNLOAD_WAIT, late));
  }

  /** Begins to ingest a NAR file that a client uploads. The caller closes the ingestion. */
  public NarIngestion beginUpload(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.UPLOADS, LONGEST_UPLOAD_WAIT, null));
  }

  private NarCheck.Means means(Work work, Duration longestWait, @Nullable LateChecks late) {
    return new NarCheck.Means(checkers, starts, decoders.share(work), longestWait, late);
  }

  private NarIngestion begin(NarExpectation expected, Keep keep, NarCheck.Means means)
      throws IOException {
    blobs.awaitRoom(); // before the writer of chunks begins, because making room may wait for it
    Spool spool = blobs.spool();
    try {
      NarIngestion ingestion = new NarIngestion(expected, keep, spool, stored, chunked, means);
      if (partBytes.isPresent()) {
        ingestion.storeInParts(blobs, partBytes.getAsLong(), checkers);
      }
      return ingestion;
    } catch (RejectedExecutionException stopping) {
      spool.close();
      throw new IOException("the server is stopping", stopping);
    }
  }
}
