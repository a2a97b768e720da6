package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.OptionalLong;
import java.util.concurrent.RejectedExecutionException;
import narthex.blob.GrowingManifest;
import narthex.db.ChunksCondemnedException;
import narthex.db.DatabaseException;
import narthex.nix.NarId;

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
 * The writing thread fills a {@link CutQueue}, and waits while it is full. A packing thread takes
 * the bytes in batches: it cuts a batch into chunks, hashes these, looks up which are stored,
 * compresses the others and writes them to packs. While none runs, the writing thread searches for
 * the next cut point itself and then starts one, so a NAR that arrives slowly is passed on chunk by
 * chunk. It packs the first chunk itself, as readers wait for it, and what is left at the end.
 * After a batch the packing thread waits a few milliseconds for more bytes. The rows of a pack's
 * chunks are stored as soon as it is durable, whatever becomes of the NAR. {@link #finish} makes
 * the last pack durable; {@link #store} inserts its rows and the manifest together.
 *
 * <p>Not thread-safe: only one thread at a time may write, finish, store and close.
 */
public final class ChunkedWriter implements Closeable {
  private final ChunkStore store;
  private final OptionalLong narBytes;
  private final ChunkLog log = new ChunkLog();
  private final GrowingChunks growing;
  private final GrowingManifest manifest;
  private final Packer packer;
  private final ChunkRows rows;
  private final long ticket;
  private final CutQueue queue;
  private boolean finished;

  ChunkedWriter(ChunkStore store, OptionalLong narBytes, KnownPacks known) {
    this.store = store;
    this.narBytes = narBytes;
    this.queue = new CutQueue(new Chunker(store.policy().sizes()), narBytes);
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
    try {
      for (int done = 0; done < length; ) {
        done += queue.put(bytes, offset + done, length - done);
        if (queue.takeTurn()) {
          run(this::packNext);
          queue.requireSound();
        }
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Packs what has come as soon as another replica waits for it. */
  private void followed() {
    if (queue.takeTurnEarly()) {
      run(this::startPacking);
    }
  }

  private interface Packing {
    void run() throws IOException, InterruptedException;
  }

  /** Runs with the turn to pack. */
  private void run(Packing task) {
    try {
      task.run();
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      queue.fail(e);
    }
  }

  private void packNext() throws IOException, InterruptedException {
    if (!queue.isAtStart() || packOnce()) {
      startPacking();
    }
  }

  private void startPacking() throws IOException {
    try {
      store.packers().execute(() -> run(this::packAll));
    } catch (RejectedExecutionException stopping) {
      throw new IOException("the server is stopping", stopping);
    }
  }

  private void packAll() throws IOException, InterruptedException {
    while (packOnce()) {
      queue.awaitMore();
    }
  }

  /** Returns false, and ends the turn, if there is nothing to pack. */
  private boolean packOnce() throws IOException, InterruptedException {
    ChunkBatch cut = queue.cut(packer::nanosUntilDue);
    if (cut == null) {
      return false;
    }
    if (cut.count() > 0) {
      packer.pack(cut);
      queue.free(cut);
    } else {
      packer.commit(); // another replica waits for what is in the pack
    }
    return true;
  }

  /**
   * Ends the NAR, packs its last chunks and makes its packs durable.
   *
   * @throws IOException if chunks can't be looked up or written, or if the thread is interrupted;
   *     then the writer can only be closed
   */
  public void finish() throws IOException {
    try {
      if (queue.end()) {
        run(this::packAll);
      }
      queue.awaitPacked();
    } catch (InterruptedException e) {
      throw interrupted(e);
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
    queue.requireOpen();
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
    if (!queue.close()) {
      return;
    }
    manifest.fail(new IOException("the NAR was abandoned"));
    if (rows.mayReferToPacks()) {
      packer.close();
    } else {
      packer.discard();
    }
    store.writers().end(ticket);
  }

  private static InterruptedIOException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return (InterruptedIOException)
        new InterruptedIOException("interrupted while packing").initCause(e);
  }
}
