package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.Optional;
import narthex.chunk.ChunkLostException;
import narthex.db.ChunkingQueue;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DigestingInputStream;

/**
 * Computes the FileHash with which chunked NARs are advertised as zstd files: the hash of their
 * concatenated frames. Drops the chunked form of a NAR if a chunk is lost or damaged.
 */
public final class HashFrames implements Chore<Sha256> {
  private static final int BUFFER_BYTES = 64 << 10;

  private final Database database;
  private final ChunkingQueue queue;
  private final StoredNars stored;
  private final ChunkedNars chunked;

  /**
   * The rows of this database show which NARs are pending. Listeners of {@code stored} are
   * notified.
   */
  public HashFrames(Database database, StoredNars stored, ChunkedNars chunked) {
    this.database = database;
    this.queue = database.chunkingQueue();
    this.stored = stored;
    this.chunked = chunked;
  }

  @Override
  public String name() {
    return "hash chunked NARs";
  }

  @Override
  public String done() {
    return "chunked NARs hashed";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return queue.findUnhashed(after, most);
  }

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    Optional<StoredNar> nar = database.findNar(narHash);
    Optional<Representation> form =
        nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
    if (form.isEmpty() || form.get().framesHash() != null) {
      return false;
    }
    try {
      return run(nar.orElseThrow().id(), form.get());
    } catch (ChunkLostException lost) {
      chunked.drop(narHash, form.get(), lost);
      return false;
    }
  }

  private boolean run(NarId nar, Representation form) throws IOException {
    long rewritten = queue.rewritten();
    Sha256 hash;
    try (DigestingInputStream frames =
        new DigestingInputStream(stored.openUncached(nar, form).openFrames(0))) {
      readAll(frames);
      hash = frames.digest();
    }
    boolean isKept = queue.storeFramesHash(nar, form, hash, rewritten);
    if (isKept) {
      stored.announce(nar.hash());
    }
    return isKept;
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
