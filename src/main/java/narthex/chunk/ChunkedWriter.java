package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.GrowingManifest;
import narthex.db.ChunksCondemnedException;
import narthex.db.DatabaseException;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * Stores one NAR as chunks.
 *
 * <h2>Problem</h2>
 *
 * Bytes come once, from somebody who does not wait long, and are perhaps not those that they should
 * be. Nothing may name a chunk before all of the NAR is known to be right, and nothing may be left
 * of it if it is not. Others follow the NAR meanwhile, however slowly it comes.
 *
 * <h2>How</h2>
 *
 * The writer's thread fills a ring. A second thread cuts and names the chunks in it, looks which of
 * them are stored, compresses the others and writes them to packs, as many at once as are there.
 * While it has nothing to do, the writer looks for the next cut itself and calls it as soon as
 * there is one: what comes slowly is passed on chunk by chunk. Having packed, it waits a moment for
 * more, so that a fast writer is not stopped to call it for every chunk. When the ring is full, the
 * writer waits. {@link #finish} makes the packs durable; {@link #store} names them by rows, in one
 * transaction.
 *
 * <h2>Races</h2>
 *
 * One lock guards how far the ring is filled and free, and whether somebody packs. The search for
 * cuts, the batch and the packer belong to whoever packs, and to the writer while nobody does.
 *
 * <p>One thread at a time writes, finishes, stores and closes.
 */
public final class ChunkedWriter implements Closeable {
  /** How long a chunk may wait for others, so that one look in the database serves several. */
  private static final Duration MOMENT = Duration.ofMillis(5);

  private static final int PART_THAT_IS_MUCH = 4;

  private final ChunkStore store;
  private final Chunker chunker;
  private final ChunkLog log = new ChunkLog();
  private final GrowingChunks growing;
  private final GrowingManifest manifest;
  private final Packer packer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private final Condition much = lock.newCondition();

  private @Nullable CutBuffer buffer; // guarded by lock
  private @Nullable ChunkBatch batch; // guarded by lock
  private long filled; // guarded by lock
  private long freed; // guarded by lock
  private boolean ended; // guarded by lock
  private boolean packing; // guarded by lock
  private boolean closed; // guarded by lock
  private @Nullable Throwable failure; // guarded by lock
  private boolean finished;
  private boolean isNamed;
  private boolean mayBeStored;

  ChunkedWriter(ChunkStore store, OptionalLong narBytes, KnownPacks known) {
    this.store = store;
    this.chunker = new Chunker(store.policy().sizes());
    this.growing = new GrowingChunks(store, log);
    this.manifest = new GrowingManifest(growing, narBytes);
    this.packer = new Packer(store, log, growing, manifest, known);
  }

  /**
   * The NAR for those who follow it. It fails when this writer is closed, unless whoever checks the
   * NAR said before that it is complete.
   */
  public GrowingManifest manifest() {
    return manifest;
  }

  /** How many bytes of memory it holds from the first byte on: the ring, and as much of frames. */
  public long memoryBytes() {
    return 2L * CutBuffer.bytes(store.policy().sizes());
  }

  /**
   * Appends bytes of the NAR.
   *
   * @throws IOException if chunks cannot be looked for or written; then it can only be closed
   */
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      lock.lock();
      CutBuffer ring;
      long position;
      int count;
      try {
        ring = buffer();
        while (filled - freed == ring.room()) {
          requireSound();
          moved.await();
        }
        requireSound();
        position = filled;
        count = (int) Math.min(length - done, ring.room() - (filled - freed));
      } catch (InterruptedException e) {
        throw interrupted(e);
      } finally {
        lock.unlock();
      }
      ring.put(position, bytes, offset + done, count);
      done += count;
      filled(count);
    }
  }

  private CutBuffer buffer() {
    CutBuffer ring = buffer;
    if (ring == null) {
      ring = new CutBuffer(chunker);
      buffer = ring;
      batch = ring.newBatch();
    }
    return ring;
  }

  private void filled(int count) throws IOException {
    lock.lock();
    try {
      filled += count;
      if (isMuch()) {
        much.signal();
      }
      ChunkBatch next = batch;
      if (!packing && next != null && buffer().cutNext(filled, false, next)) {
        beginPacking();
      }
    } finally {
      lock.unlock();
    }
  }

  // requires lock
  private void beginPacking() throws IOException {
    packing = true;
    try {
      store.packers().execute(this::pack);
    } catch (RejectedExecutionException stopping) {
      packing = false;
      failure = stopping;
      throw new IOException("the server is stopping", stopping);
    }
  }

  private void pack() {
    try {
      ChunkBatch cut = cut();
      while (cut != null) {
        packer.pack(cut);
        free(cut);
        awaitMore();
        cut = cut();
      }
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      lock.lock();
      try {
        failure = e;
        packing = false;
        moved.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Cuts what is there; null if there is nothing, and nobody packs from then on. */
  private @Nullable ChunkBatch cut() {
    while (true) {
      CutBuffer ring;
      ChunkBatch cut;
      long end;
      boolean isAll;
      lock.lock();
      try {
        ring = buffer();
        cut = batch;
        end = filled;
        isAll = ended;
        if (closed || cut == null) {
          packing = false;
          moved.signalAll();
          return null;
        }
      } finally {
        lock.unlock();
      }
      ring.cut(end, isAll, cut);
      if (cut.count() > 0) {
        return cut;
      }
      lock.lock();
      try {
        if (filled == end && ended == isAll) {
          packing = false;
          moved.signalAll();
          return null;
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits a moment for so much that looking for it is worth while. */
  private void awaitMore() throws InterruptedException {
    lock.lock();
    try {
      long left = MOMENT.toNanos();
      while (!ended && !closed && !isMuch() && left > 0) {
        left = much.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  // requires lock
  private boolean isMuch() {
    return filled - freed >= buffer().room() / PART_THAT_IS_MUCH;
  }

  private void free(ChunkBatch packed) {
    packed.clear();
    lock.lock();
    try {
      freed = buffer().start();
      moved.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends the NAR and makes its new chunks durable.
   *
   * @throws IOException if that does not work; then it can only be closed
   */
  public void finish() throws IOException {
    lock.lock();
    try {
      requireSound();
      ended = true;
      much.signal();
      if (!packing) {
        beginPacking();
      }
      while (packing) {
        moved.await();
      }
      requireSound();
    } catch (InterruptedException e) {
      throw interrupted(e);
    } finally {
      lock.unlock();
    }
    packer.commit();
    manifest.written();
    finished = true;
  }

  /**
   * Stores that the NAR consists of these chunks. May be called again after the database failed.
   *
   * @return false if the NAR was stored as chunks before; nothing of this one is left then
   * @throws ChunksCondemnedException if it refers to chunks that were condemned since they were
   *     found; nothing is stored, and another writer has to cut the NAR anew
   * @throws DatabaseException if it was not stored or, {@linkplain
   *     DatabaseException#isOutcomeUnknown if that is not known}, may have been; then the packs
   *     stay
   */
  public boolean store(NarId nar, Instant storedAt) throws IOException {
    requireOpen();
    if (!finished) {
      throw new IllegalStateException("the NAR is not finished");
    }
    boolean stored = commit(nar, storedAt);
    isNamed = true;
    growing.stored(nar);
    packer.discardUnnamed();
    return stored;
  }

  private boolean commit(NarId nar, Instant storedAt) throws IOException {
    try {
      return store
          .database()
          .storeChunked(
              nar,
              log.newChunks(),
              log.parts(),
              new Representation(
                  Form.CHUNKED, Compression.NONE, nar.hash(), log.framesLength(), List.of()),
              storedAt);
    } catch (DatabaseException e) {
      mayBeStored |= e.isOutcomeUnknown();
      throw e;
    } catch (ChunksCondemnedException refused) {
      mayBeStored = false; // the last word, also about attempts before
      throw refused;
    }
  }

  /**
   * Says that the NAR, which is complete, is stored as chunks by another writer: those who follow
   * this one go on with those chunks when its own are gone.
   */
  public void storedByAnother(NarId nar) {
    growing.stored(nar);
  }

  /**
   * Frees what it holds; unless it was stored, or may have been, deletes what it wrote. Those who
   * follow fail unless the NAR was complete.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      much.signal();
      while (packing) {
        moved.awaitUninterruptibly();
      }
      buffer = null;
      batch = null;
    } finally {
      lock.unlock();
    }
    manifest.fail(new IOException("the NAR was given up"));
    if (isNamed || mayBeStored) {
      packer.close();
    } else {
      packer.discard();
    }
  }

  private void requireSound() throws IOException {
    requireOpen();
    if (failure instanceof IOException reason) {
      throw new IOException("chunks cannot be written: " + reason.getMessage(), reason);
    }
    if (failure != null) {
      throw new IOException("writing of chunks broke: " + failure, failure);
    }
  }

  private void requireOpen() throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the writer of chunks is closed");
      }
    } finally {
      lock.unlock();
    }
  }

  private static InterruptedIOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    InterruptedIOException interrupted = new InterruptedIOException("interrupted while packing");
    interrupted.initCause(e);
    return interrupted;
  }
}
