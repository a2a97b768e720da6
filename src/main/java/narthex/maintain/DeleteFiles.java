package narthex.maintain;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.db.Database;
import narthex.db.Representation;
import narthex.ingest.NarIngest;
import narthex.nix.Sha256;

/**
 * Deletes whole files some time after their NARs were stored as chunks: first the row and, when
 * nobody can be about to open what he found there, the file. Whoever reads one goes on reading it.
 */
public final class DeleteFiles implements Chore, Closeable {
  private static final System.Logger LOG = System.getLogger(DeleteFiles.class.getName());

  /** From the look at a row to the opening of the file it is a moment; a slow one is no matter. */
  static final Duration GRACE = Duration.ofSeconds(30);

  /** A file that no row names any more. */
  private record Unnamed(String key, Instant since) {}

  private final Queue<Unnamed> unnamed = new ConcurrentLinkedQueue<>();
  private final Database database;
  private final BlobStore blobs;
  private final NarIngest ingest;
  private final Duration delay;
  private final InstantSource clock;

  /**
   * @param ingest its listeners are told
   * @param delay how long a file stays beside the chunks
   */
  public DeleteFiles(
      Database database, BlobStore blobs, NarIngest ingest, Duration delay, InstantSource clock) {
    this.database = database;
    this.blobs = blobs;
    this.ingest = ingest;
    this.delay = delay;
    this.clock = clock;
  }

  @Override
  public String done() {
    return "rid of files";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    deleteUnnamed(clock.instant().minus(GRACE));
    return database.chunkingQueue().findSuperseded(due(), after, most);
  }

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    List<Representation> deleted = database.chunkingQueue().deleteSuperseded(narHash, due());
    if (deleted.isEmpty()) {
      return false;
    }
    ingest.announce(narHash);
    for (Representation file : deleted) {
      for (Extent extent : file.extents()) {
        unnamed.add(new Unnamed(extent.blob(), clock.instant()));
      }
      LOG.log(
          Level.INFO,
          "whole file of chunked nar deleted hash={0} compression={1} fileSize={2}",
          narHash.nix32(),
          file.compression().nixName(),
          Long.toString(file.fileSizeBytes()));
    }
    return true;
  }

  private void deleteUnnamed(Instant until) throws IOException {
    Unnamed file;
    while ((file = unnamed.poll()) != null) {
      if (file.since().isAfter(until)) {
        unnamed.add(file);
        return;
      }
      try {
        blobs.delete(file.key());
      } catch (IOException e) {
        unnamed.add(file);
        throw e;
      }
    }
  }

  /** Deletes what is left of files whose rows are gone; for when nobody reads any more. */
  @Override
  public void close() throws IOException {
    deleteUnnamed(Instant.MAX);
  }

  /** Everything superseded before this; with no delay, also what was superseded just now. */
  private Instant due() {
    return clock.instant().minus(delay).plusMillis(1);
  }
}
