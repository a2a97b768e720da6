package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import narthex.blob.GrowingManifest;
import narthex.db.ChunksCondemnedException;
import narthex.db.DatabaseException;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * Stores one NAR as chunks.
 *
 * <h2>Problem</h2>
 *
 * The bytes arrive once, from a sender that doesn't wait long, and may turn out to be wrong: no
 * manifest may refer to them before the whole NAR is verified. Similar NARs that arrive together
 * share chunks. Followers read the NAR meanwhile, however slowly it arrives.
 *
 * <h2>How</h2>
 *
 * The writing thread fills a ring buffer, and waits while it is full. A packing thread takes the
 * bytes in batches: it cuts a batch into chunks, hashes these, looks up which are stored,
 * compresses the others and writes them to packs. While none runs, the writing thread searches for
 * the next cut point itself and then starts one, so a NAR that arrives slowly is passed on chunk by
 * chunk. After a batch the packing thread waits a few milliseconds for more bytes. The rows of a
 * pack's chunks are stored as soon as it is durable, whatever becomes of the NAR. {@link #finish}
 * makes the last pack durable; {@link #store} inserts its rows and the manifest together.
 *
 * <h2>Races</h2>
 *
 * One lock guards the fill level of the ring and whether a packing thread runs. The search for cut
 * points, the batch and the packer belong to the packing thread while one runs, else to the writing
 * thread.
 *
 * <p>Not thread-safe: only one thread at a time may write, finish, store and close.
 */
public final class ChunkedWriter implements Closeable {
  /** Maximum wait for more bytes, so that one lookup and one task serve several chunks. */
  private static final Duration MOMENT = Duration.ofMillis(5);

  private static final int PART_THAT_IS_MUCH = 4;

  private final ChunkStore store;
  private final OptionalLong narBytes;
  private final Chunker chunker;
  private final ChunkLog log = new ChunkLog();
  private final GrowingChunks growing;
  private final GrowingManifest manifest;
  private final Packer packer;
  private final ChunkRows rows;
  private final long ticket;
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

  ChunkedWriter(ChunkStore store, OptionalLong narBytes, KnownPacks known) {
    this.store = store;
    this.narBytes = narBytes;
    this.chunker = new Chunker(store.policy().sizes());
    this.growing = new GrowingChunks(store, log);
    this.manifest = new GrowingManifest(growing, narBytes);
    this.packer = new Packer(store, log, growing, manifest, known);
    this.rows = new ChunkRows(store.database(), log);
    this.ticket = store.writers().begin();
    manifest.extents().whenFollowed(this::followed);
  }

  /**
   * Returns the NAR for followers. Closing this writer makes it fail, unless it was marked as
   * complete before.
   */
  public GrowingManifest manifest() {
    return manifest;
  }

  /** Returns an estimate of its memory in bytes: the ring, and as much for frames. */
  public long memoryBytes() {
    return CutBuffer.writerBytes(store.policy().sizes(), narBytes);
  }

  /**
   * Appends bytes of the NAR.
   *
   * @throws IOException if chunks can't be looked up or written, if the NAR gets longer than it
   *     should be, or if the thread is interrupted; then the writer can only be closed
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
        while (ring.isFull(filled, freed)) {
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
      ring = new CutBuffer(chunker, narBytes);
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

  /** Packs what has come as soon as another replica waits for it. */
  private void followed() {
    lock.lock();
    try {
      if (!packing && !ended && !closed && buffer != null) {
        beginPacking();
      }
    } catch (IOException stopping) {
      moved.signalAll(); // the writing thread meets the failure
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
        if (cut.count() > 0) {
          packer.pack(cut);
          free(cut);
          awaitMore();
        } else {
          packer.commit(); // another replica waits for what is in the pack
        }
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

  /**
   * Cuts the bytes in the ring into a batch. If there is no whole chunk, returns an empty batch
   * when the pack is due, else null, and ends the packing thread's turn.
   */
  private @Nullable ChunkBatch cut() throws InterruptedException {
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
          long left = ended ? Long.MAX_VALUE : packer.nanosUntilDue();
          if (left <= 0) {
            return cut;
          }
          if (left == Long.MAX_VALUE) {
            packing = false;
            moved.signalAll();
            return null;
          }
          much.awaitNanos(left);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** Waits up to {@link #MOMENT} until a quarter of the ring is filled. */
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
   * Ends the NAR, waits for its last chunks and makes its packs durable.
   *
   * @throws IOException if chunks can't be looked up or written, or if the thread is interrupted;
   *     then the writer can only be closed
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
    packer.commitLast();
    manifest.written();
    finished = true;
  }

  /**
   * Inserts the rows that make the NAR available as chunks. May be called again after a {@link
   * DatabaseException}.
   *
   * @return false if the NAR was already stored as chunks; packs of this writer that no row refers
   *     to are deleted
   * @throws ChunksCondemnedException if the NAR refers to chunks that were condemned since they
   *     were looked up; nothing is stored, and the NAR must be cut again by another writer
   * @throws DatabaseException if the database failed; if {@link
   *     DatabaseException#isOutcomeUnknown}, the NAR may be stored, and {@link #close} keeps the
   *     packs
   */
  public boolean store(NarId nar, Instant storedAt) throws IOException {
    requireOpen();
    if (!finished) {
      throw new IllegalStateException("the NAR is not finished");
    }
    boolean stored = rows.store(nar, storedAt);
    growing.stored(nar);
    packer.discardUnnamed();
    return stored;
  }

  /** Records that another writer has stored this NAR, for followers when packs are deleted. */
  public void storedByAnother(NarId nar) {
    growing.stored(nar);
  }

  /**
   * Releases memory and files. Deletes the packs without rows unless the NAR was stored, or may
   * have been. Followers fail unless the manifest was marked as complete. May be called again.
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
    manifest.fail(new IOException("the NAR was abandoned"));
    if (rows.mayReferToPacks()) {
      packer.close();
    } else {
      packer.discard();
    }
    store.writers().end(ticket);
  }

  private void requireSound() throws IOException {
    requireOpen();
    if (failure instanceof IOException reason) {
      throw new IOException("could not write chunks: " + reason.getMessage(), reason);
    }
    if (failure != null) {
      throw new IOException("writing chunks failed unexpectedly: " + failure, failure);
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
    return (InterruptedIOException)
        new InterruptedIOException("interrupted while packing").initCause(e);
  }
}
