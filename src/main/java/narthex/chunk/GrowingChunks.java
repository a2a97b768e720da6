package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.FrameReader;
import narthex.blob.Manifest;
import narthex.blob.Spool;
import narthex.blob.Written;
import narthex.db.ChunkPlace;
import narthex.db.NoSuchChunkException;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * The chunks of a NAR that is being cut, for followers. They are in committed packs and in the pack
 * that is being written.
 *
 * <h2>Problem</h2>
 *
 * Followers read at their own pace, and may still read after the NAR was stored. By then the packs
 * of this NAR may have been deleted, because another writer stored the same chunks first. Such a
 * follower continues with the stored chunks.
 *
 * <p>Thread-safe, but only one thread may write.
 */
final class GrowingChunks implements Written {
  /**
   * The place of one chunk.
   *
   * @param narOffset its offset in the NAR
   * @param chunk the place of its frame
   * @param writing the pack if it isn't committed yet, else null
   */
  record Place(long narOffset, ChunkPlace chunk, @Nullable Spool writing) {}

  private final ChunkStore store;
  private final ChunkLog log;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Spool writing; // guarded by lock
  private String writingKey = ""; // guarded by lock
  private @Nullable ChunkedManifest stored; // guarded by lock

  /**
   * Creates a NAR without chunks.
   *
   * @param log the chunks; grows while followers read
   */
  GrowingChunks(ChunkStore store, ChunkLog log) {
    this.store = store;
    this.log = log;
  }

  /** Sets the pack that is being written, and the key that it will be committed under. */
  void writing(String key, Spool pack) {
    set(key, pack);
  }

  /** Records that the pack was committed. */
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

  /**
   * Records that this or another writer has stored the NAR as chunks. From then on, packs of this
   * writer may be deleted.
   */
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

  /** Returns the stored NAR; empty until {@link #stored(NarId)} was called. */
  Optional<ChunkedManifest> stored() {
    lock.lock();
    try {
      return Optional.ofNullable(stored);
    } finally {
      lock.unlock();
    }
  }

  /** Returns the chunk that contains this byte of the NAR, which must be written already. */
  Place at(long narOffset) {
    return place(log.at(narOffset));
  }

  /**
   * Returns the chunk that contains this byte of the NAR, and the chunks after it whose frames
   * directly follow in the same pack, up to {@link ChunkWalk#RUN_BYTES}.
   *
   * @param narOffset offset of a byte that is written already
   */
  List<Place> run(long narOffset) {
    return log.run(narOffset, ChunkWalk.RUN_BYTES).stream().map(this::place).toList();
  }

  /**
   * Looks up a chunk whose pack is gone: if the pack was compacted, the chunk has another place,
   * which all readers use from then on.
   *
   * @return false if it has no other place
   * @throws NarDroppedException if the chunk was collected: the NAR was stored and dropped again
   */
  boolean findMoved(ChunkPlace gone) throws IOException {
    try {
      ChunkPlace place = store.database().chunks().places(new long[] {gone.number()}).get(0);
      if (place.pack().equals(gone.pack())) {
        return false;
      }
      log.move(place);
      return true;
    } catch (NoSuchChunkException unknown) {
      throw new NarDroppedException(String.valueOf(unknown.getMessage()), 0);
    }
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

  /**
   * Opens the NAR at an offset. Opens no pack before the first read. The caller closes the stream.
   */
  @Override
  public InputStream openWritten(long from) {
    return new GrowingChunksInputStream(this, store.blobs(), from);
  }

  /** Reads the frames as they are stored. Opens no pack before the first read. */
  @Override
  public FrameReader openFrames(long from, Manifest.Watch watch) {
    return new GrowingFrames(this, store.blobs());
  }
}
