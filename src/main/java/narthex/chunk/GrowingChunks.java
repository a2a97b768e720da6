package narthex.chunk;

import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.Spool;
import narthex.blob.Written;
import narthex.db.ChunkPlace;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a NAR that is being cut, for those who read it meanwhile: in packs that are
 * committed and in the one that is being written.
 *
 * <h2>Problem</h2>
 *
 * Readers follow at their own pace, and may still read when all is over. By then the packs that
 * were written for this NAR may be deleted again, because another writer stored the same chunks
 * first: such a reader goes on with the chunks that are stored.
 *
 * <p>Safe for use by many threads; one of them writes.
 */
final class GrowingChunks implements Written {
  /**
   * Where one chunk is.
   *
   * @param narOffset where it begins in the NAR
   * @param chunk where its frame is
   * @param writing the pack itself while it is not committed
   */
  record Place(long narOffset, ChunkPlace chunk, @Nullable Spool writing) {}

  private final ChunkStore store;
  private final ChunkLog log;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Spool writing; // guarded by lock
  private String writingKey = ""; // guarded by lock
  private @Nullable ChunkedManifest stored; // guarded by lock

  /**
   * @param log grows while others read
   */
  GrowingChunks(ChunkStore store, ChunkLog log) {
    this.store = store;
    this.log = log;
  }

  /** Says which pack is being written now, and the key that it will have. */
  void writing(String key, Spool pack) {
    set(key, pack);
  }

  /** Says that the pack that was being written is committed. */
  void committed() {
    set("", null);
  }

  private void set(String key, @Nullable Spool pack) {
    lock.lock();
    try {
      writingKey = key;
      writing = pack;
    } finally {
      lock.unlock();
    }
  }

  /** Says that the NAR is stored as chunks, by whomever: packs of ours may go now. */
  void stored(NarId nar) {
    ChunkedManifest manifest =
        new ChunkedManifest(store.database().chunks(), store.blobs(), nar, log.framesLength());
    lock.lock();
    try {
      stored = manifest;
    } finally {
      lock.unlock();
    }
  }

  /** The NAR as it is stored; empty if it is not, or not yet. */
  Optional<ChunkedManifest> stored() {
    lock.lock();
    try {
      return Optional.ofNullable(stored);
    } finally {
      lock.unlock();
    }
  }

  /** The chunk that holds this byte of the NAR, which is there. */
  Place at(long narOffset) {
    return place(log.at(narOffset));
  }

  /**
   * The chunk that holds this byte of the NAR, and those behind it whose frames lie directly behind
   * each other in the same pack, as far as one ranged read goes.
   *
   * @param narOffset a byte that is there
   */
  List<Place> run(long narOffset) {
    return log.run(narOffset, ChunkWalk.RUN_BYTES).stream().map(this::place).toList();
  }

  private Place place(ChunkLog.Entry entry) {
    lock.lock();
    try {
      boolean isWritten = writingKey.equals(entry.place().pack());
      return new Place(entry.narOffset(), entry.place(), isWritten ? writing : null);
    } finally {
      lock.unlock();
    }
  }

  /** Opens the bytes of the NAR; nothing is read before the first read. */
  @Override
  public InputStream openWritten(long from) {
    return new GrowingChunksInputStream(this, store.blobs(), from);
  }
}
