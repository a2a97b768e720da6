package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobStore;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.db.ChunkingQueue;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.ingest.NarIngest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.DigestingInputStream;

/**
 * Finds the FileHash of chunked NARs as zstd files: that of their frames back to back. A NAR whose
 * chunks turn out lost is recorded as such, as when it is served.
 */
public final class HashFrames implements Chore<Sha256> {
  private static final System.Logger LOG = System.getLogger(HashFrames.class.getName());
  private static final int BUFFER_BYTES = 64 << 10;

  private final Database database;
  private final ChunkingQueue queue;
  private final BlobStore blobs;
  private final NarIngest ingest;

  /** The rows of this database are the queue; listeners of the ingest are told. */
  public HashFrames(Database database, BlobStore blobs, NarIngest ingest) {
    this.database = database;
    this.queue = database.chunkingQueue();
    this.blobs = blobs;
    this.ingest = ingest;
  }

  @Override
  public String done() {
    return "hashed";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return queue.findUnhashed(after, most);
  }

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    Optional<StoredNar> nar = database.findNar(narHash);
    Optional<Representation> chunked =
        nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
    if (chunked.isEmpty() || chunked.get().framesHash() != null) {
      return false;
    }
    try {
      return run(nar.orElseThrow().id(), chunked.get());
    } catch (ChunkLostException lost) {
      LOG.log(
          Level.ERROR,
          "stored nar is damaged and will be fetched again hash={0} reason={1}",
          narHash.nix32(),
          lost.getMessage());
      ingest.drop(narHash, chunked.get(), lost);
      return false;
    }
  }

  private boolean run(NarId nar, Representation chunked) throws IOException {
    long rewritten = queue.rewritten();
    ChunkedManifest manifest =
        new ChunkedManifest(database.chunks(), blobs, nar, chunked.fileSizeBytes());
    Sha256 hash;
    try (DigestingInputStream frames = new DigestingInputStream(manifest.openFrames(0))) {
      readAll(frames);
      hash = frames.digest();
    }
    boolean stored = queue.storeFramesHash(nar, chunked, hash, rewritten);
    if (stored) {
      ingest.announce(nar.hash());
    }
    return stored;
  }

  private static void readAll(InputStream frames) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    while (frames.read(buffer, 0, buffer.length) >= 0) {
      if (Thread.currentThread().isInterrupted()) {
        throw new InterruptedIOException("interrupted while hashing");
      }
    }
  }
}
