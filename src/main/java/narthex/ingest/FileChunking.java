package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkedWriter;
import narthex.db.Database;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.BoundedInputStream;
import narthex.stream.CorruptEncodingException;
import narthex.stream.CorruptNarException;
import narthex.stream.DigestingInputStream;
import narthex.stream.TooLongException;

/**
 * Cuts NARs into chunks that are stored whole. A file is read and checked once more: one that turns
 * out lost or damaged is dropped, so that the next request fetches it again; trouble of the storage
 * drops nothing. What breaks off leaves nothing. Thread-safe.
 */
public final class FileChunking {
  private static final System.Logger LOG = System.getLogger(FileChunking.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  /** What became of a NAR. */
  public enum Outcome {
    /** It is stored as chunks. */
    CHUNKED,
    /** There was nothing to do: it is not stored (any more), or as chunks already. */
    NEEDLESS,
    /** None of its files was right; they were dropped. */
    DAMAGED
  }

  private final NarIngest ingest;
  private final Database database;
  private final BlobStore blobs;

  /** Reads files from this store, and stores chunks by way of this ingest. */
  public FileChunking(NarIngest ingest, Database database, BlobStore blobs) {
    this.ingest = ingest;
    this.database = database;
    this.blobs = blobs;
  }

  /**
   * Stores a NAR as chunks, from the file of it that is the easiest to decode.
   *
   * @throws IOException if that cannot be done just now
   */
  public Outcome chunk(Sha256 narHash) throws IOException {
    Optional<StoredNar> stored = database.findNar(narHash);
    if (stored.isEmpty() || stored.get().isChunked()) {
      return Outcome.NEEDLESS;
    }
    for (Representation whole : easiestFirst(stored.get())) {
      Optional<String> damage = chunk(stored.get().id(), whole);
      if (damage.isEmpty()) {
        return undoIfDeleted(narHash, whole) ? Outcome.NEEDLESS : Outcome.CHUNKED;
      }
      LOG.log(
          Level.ERROR,
          "stored nar is damaged and dropped hash={0} compression={1} reason={2}",
          narHash.nix32(),
          whole.compression().nixName(),
          damage.get());
      ingest.drop(narHash, whole);
    }
    return Outcome.DAMAGED;
  }

  private static List<Representation> easiestFirst(StoredNar nar) {
    return nar.representations().stream()
        .sorted(Comparator.comparingInt(one -> cost(one.compression())))
        .toList();
  }

  private static int cost(Compression compression) {
    return switch (compression) {
      case NONE -> 0;
      case ZSTD, LZ4 -> 1;
      case GZIP, BR -> 2;
      case XZ, BZIP2 -> 3;
    };
  }

  /** Returns what is wrong with the file; empty if nothing is and the NAR is stored. */
  private Optional<String> chunk(NarId nar, Representation whole) throws IOException {
    try (ChunkedWriter writer = ingest.cut(nar)) {
      cut(nar, whole, writer);
      writer.finish();
      ingest.publish(nar, writer, another -> cutAgain(nar, whole, another));
      return Optional.empty();
    } catch (BlobLostException
        | CorruptNarException
        | CorruptEncodingException
        | TooLongException e) {
      return Optional.of(e.toString());
    }
  }

  private void cutAgain(NarId nar, Representation whole, ChunkedWriter writer) throws IOException {
    cut(nar, whole, writer);
    writer.finish();
  }

  private void cut(NarId nar, Representation whole, ChunkedWriter writer) throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, whole.extents());
    manifest.requirePresent();
    try (InputStream file = manifest.open(0);
        InputStream decoded =
            ingest.backgroundDecoders().decode(whole.compression(), file, nar.sizeBytes());
        DigestingInputStream digested =
            new DigestingInputStream(
                new ChunkingInputStream(
                    new BoundedInputStream(decoded, nar.sizeBytes(), "NAR"), writer))) {
      readAll(digested);
      Sha256 actual = digested.digest();
      if (digested.count() != nar.sizeBytes() || !actual.equals(nar.hash())) {
        throw new CorruptNarException(
            "NarHash",
            nar.toString(),
            String.format(Locale.ROOT, "%s of %d bytes", actual, digested.count()),
            whole.extents().toString());
      }
    }
  }

  private static void readAll(InputStream nar) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (nar.read(buffer, 0, buffer.length) >= 0) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while chunking");
      }
    }
  }

  /** What was deleted while it was read stays deleted. */
  private boolean undoIfDeleted(Sha256 narHash, Representation whole) throws IOException {
    boolean isThere =
        database.findNar(narHash).stream().anyMatch(nar -> nar.representations().contains(whole));
    return !isThere && ingest.deleteUnnamed(narHash);
  }
}
