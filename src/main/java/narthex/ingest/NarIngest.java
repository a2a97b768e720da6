package narthex.ingest;

import java.io.IOException;
import java.time.Duration;
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
 * The one door for NAR bytes: what comes in is hashed while it is written, compared with what was
 * expected, and becomes visible by one database commit after its blobs are durable. Thread-safe.
 */
public final class NarIngest {
  /** Until then the flight goes on; those who follow it may have all but the last byte. */
  private static final Duration LONGEST_DOWNLOAD_WAIT = Duration.ofHours(1);

  /** A client that uploads tries again. */
  private static final Duration LONGEST_UPLOAD_WAIT = Duration.ofMinutes(1);

  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final BlobStore blobs;
  private final ExecutorService checkers;
  private final DecoderBudget decoders;
  private final NarStarts starts = new NarStarts();
  private final LateChecks late;

  /**
   * @param stored gets what is kept whole
   * @param chunked gets what is kept as chunks
   * @param blobs gives the spools
   * @param checkers gives each ingestion's check a thread of its own, at once; not closed here
   * @param decoders the memory of those that decode
   */
  public NarIngest(
      StoredNars stored,
      ChunkedNars chunked,
      BlobStore blobs,
      ExecutorService checkers,
      DecoderBudget decoders) {
    this.stored = stored;
    this.chunked = chunked;
    this.blobs = blobs;
    this.checkers = checkers;
    this.decoders = decoders;
    this.late = new LateChecks(checkers);
  }

  /**
   * Begins to take in a NAR file from an upstream; the caller closes the ingestion.
   *
   * @param keep what is to be left of it when it turned out right
   */
  public NarIngestion begin(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.DOWNLOADS, LONGEST_DOWNLOAD_WAIT, late));
  }

  /** The same with a file from a client. */
  public NarIngestion beginUpload(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.UPLOADS, LONGEST_UPLOAD_WAIT, null));
  }

  private NarCheck.Means means(Work work, Duration longestWait, @Nullable LateChecks late) {
    return new NarCheck.Means(checkers, starts, decoders.share(work), longestWait, late);
  }

  private NarIngestion begin(NarExpectation expected, Keep keep, NarCheck.Means means)
      throws IOException {
    Spool spool = blobs.spool();
    try {
      return new NarIngestion(expected, keep, spool, stored, chunked, means);
    } catch (RejectedExecutionException stopping) {
      spool.close();
      throw new IOException("the server is stopping", stopping);
    }
  }
}
