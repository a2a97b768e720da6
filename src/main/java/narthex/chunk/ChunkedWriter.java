package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import narthex.db.ChunksCondemnedException;
import narthex.db.DatabaseException;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;

/**
 * Stores one NAR as chunks.
 *
 * <h2>Problem</h2>
 *
 * Bytes come once, from somebody who does not wait long, and are perhaps not those that they should
 * be. Nothing may name a chunk before all of the NAR is known to be right, and nothing may be left
 * of it if it is not.
 *
 * <h2>How</h2>
 *
 * The writer's thread fills a buffer, cuts it and names its chunks; a second thread looks which of
 * them are stored, compresses the others and writes them to packs, while the writer fills another
 * buffer. There are two buffers, so that the faster waits for the slower. {@link #finish} makes the
 * packs durable; {@link #store} names them by rows, in one transaction.
 *
 * <p>One thread at a time writes, finishes, stores and closes.
 */
public final class ChunkedWriter implements Closeable {
  private static final int BATCH_BYTES = 2 << 20;

  private final ChunkStore store;
  private final Chunker chunker;
  private final Packer packer;
  private ChunkBatch filling;
  private ChunkBatch packing;
  private CompletableFuture<Void> packed = CompletableFuture.completedFuture(null);
  private boolean finished;
  private boolean isNamed;
  private boolean mayBeStored;
  private boolean closed;

  ChunkedWriter(ChunkStore store) {
    ChunkSizes sizes = store.settings().sizes();
    int capacity = Math.max(BATCH_BYTES, 2 * sizes.max());
    this.store = store;
    this.chunker = new Chunker(sizes);
    this.packer = new Packer(store);
    this.filling = new ChunkBatch(capacity);
    this.packing = new ChunkBatch(capacity);
  }

  /**
   * Appends bytes of the NAR.
   *
   * @throws IOException if chunks cannot be looked for or written; then it can only be closed
   */
  public void write(byte[] bytes, int offset, int length) throws IOException {
    requireOpen();
    int from = offset;
    int left = length;
    while (left > 0) {
      int taken = filling.fill(bytes, from, left);
      from += taken;
      left -= taken;
      if (filling.isFull()) {
        filling.cut(chunker, chunker.sizes().max());
        handOver();
      }
    }
  }

  /**
   * Ends the NAR and makes its new chunks durable.
   *
   * @throws IOException if that does not work; then it can only be closed
   */
  public void finish() throws IOException {
    requireOpen();
    filling.cut(chunker, 1);
    handOver();
    awaitPacked();
    packer.commit();
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
    packer.discardUnnamed();
    return stored;
  }

  private boolean commit(NarId nar, Instant storedAt) throws IOException {
    try {
      return store
          .database()
          .storeChunked(
              nar,
              packer.log().newChunks(packer.packs()),
              packer.log().parts(),
              new Representation(
                  Form.CHUNKED,
                  Compression.NONE,
                  nar.hash(),
                  packer.log().framesLength(),
                  List.of()),
              storedAt);
    } catch (DatabaseException e) {
      mayBeStored |= e.isOutcomeUnknown();
      throw e;
    } catch (ChunksCondemnedException refused) {
      mayBeStored = false; // the last word, also about attempts before
      throw refused;
    }
  }

  /** Frees what it holds; unless it was stored, or may have been, deletes what it wrote. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      packed.join();
    } catch (CompletionException e) {
      // whoever wrote has been told, or does not want to know
    }
    if (isNamed || mayBeStored) {
      packer.close();
    } else {
      packer.discard();
    }
  }

  /** Waits until the other buffer is free, and gives this one to the second thread. */
  private void handOver() throws IOException {
    awaitPacked();
    ChunkBatch full = filling;
    filling = packing;
    packing = full;
    filling.continueAfter(full);
    try {
      packed = CompletableFuture.runAsync(() -> pack(full), store.packers());
    } catch (RejectedExecutionException stopping) {
      throw new IOException("the server is stopping", stopping);
    }
  }

  private void pack(ChunkBatch batch) {
    try {
      packer.pack(batch);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private void awaitPacked() throws IOException {
    try {
      packed.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException reason) {
        throw new IOException("chunks cannot be written: " + reason.getMessage(), reason);
      }
      throw new IOException("writing of chunks broke: " + e.getCause(), e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted while packing").initCause(e);
    }
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the writer of chunks is closed");
    }
  }
}
