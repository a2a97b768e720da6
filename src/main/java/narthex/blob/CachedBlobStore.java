package narthex.blob;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Keeps blobs of another store in local files: a pack whole, a longer blob in pieces. Whoever reads
 * a piece reads its file, also while it is transferred; so many readers take one request. A reader
 * has the next piece transferred while it reads the present one.
 *
 * <p>The files are checked whenever they are read. A damaged one is transferred again, and if files
 * can't be written, readers read from the other store. The files of earlier starts stay usable.
 */
public final class CachedBlobStore implements BlobStore {
  /**
   * Length of a piece: twice the usual length of a pack, as a pack is a little longer than its
   * target, and must fit one piece to take one request.
   */
  static final long PIECE_BYTES = 16L << 20;

  /** Transfers ahead of the readers, at once. */
  private static final int MOST_AHEAD = 32;

  private final RangedBlobStore store;
  private final PieceFolder folder;
  private final long pieceBytes;
  private final Executor threads;
  private final Semaphore ahead = new Semaphore(MOST_AHEAD);
  private final ConcurrentHashMap<Piece, PieceFetch> fetches = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** The size of the files. */
  record Sizes(long pieceBytes, long mostBytes) {}

  private CachedBlobStore(
      RangedBlobStore store, PieceFolder folder, long pieceBytes, Executor threads) {
    this.store = store;
    this.folder = folder;
    this.pieceBytes = pieceBytes;
    this.threads = threads;
  }

  /**
   * Opens the files; the caller closes the store.
   *
   * @param store the other store; closed with this one
   * @param folder folder for the files, used by nothing else; created if it doesn't exist
   * @param mostBytes limit of the length of all files
   * @param threads runs a task for each transfer; must not make one wait for another
   */
  public static CachedBlobStore open(
      S3BlobStore store, Path folder, long mostBytes, Executor threads) throws IOException {
    return open(store, folder, new Sizes(PIECE_BYTES, mostBytes), threads);
  }

  static CachedBlobStore open(RangedBlobStore store, Path folder, Sizes sizes, Executor threads)
      throws IOException {
    PieceFolder pieces = PieceFolder.open(folder, sizes.pieceBytes(), sizes.mostBytes());
    return new CachedBlobStore(store, pieces, sizes.pieceBytes(), threads);
  }

  @Override
  public OptionalLong find(String key) throws IOException {
    OptionalLong known = folder.findBlobBytes(new Piece(BlobKeys.check(key), 0));
    return known.isPresent() ? known : store.find(key);
  }

  /** Transfers the piece at the offset, and so needs no request of its own for the length. */
  @Override
  public OptionalLong findToRead(String key, long from) throws IOException {
    Piece piece = piece(BlobKeys.check(key), from);
    OptionalLong known = folder.findBlobBytes(piece);
    if (known.isPresent()) {
      return known;
    }
    try {
      PieceFetch fetch = fetch(piece);
      return fetch == null ? find(key) : OptionalLong.of(fetch.awaitBlobBytes());
    } catch (BlobLostException missing) {
      return store.find(key); // it may only be too short
    }
  }

  @Override
  public InputStream open(String key, long from, long length) throws IOException {
    BlobKeys.check(key);
    if (length == 0) {
      OptionalLong found = find(key);
      if (found.orElse(-1) < from) {
        return store.open(key, from, 0); // throws
      }
      return InputStream.nullInputStream();
    }
    return PiecesInputStream.open(this, key, from, length);
  }

  @Override
  public void expect(String key, long from, long length) {
    if (length <= 0) {
      return;
    }
    fetchAhead(piece(key, from));
    fetchAhead(piece(key, from + Math.min(length, pieceBytes) - 1));
  }

  /** Begins to transfer a piece, unless there are too many such transfers. */
  void fetchAhead(Piece piece) {
    if (folder.findBlobBytes(piece).isPresent()
        || fetches.containsKey(piece)
        || !ahead.tryAcquire()) {
      return;
    }
    PieceFetch fetch = newFetch(piece, ahead::release);
    if (register(piece, fetch) == fetch) {
      start(fetch);
    } else {
      ahead.release();
    }
  }

  /** The transfer of a piece, begun if necessary; null if its file is complete. */
  @Nullable PieceFetch fetch(Piece piece) {
    PieceFetch fetch = newFetch(piece, () -> {});
    PieceFetch registered = register(piece, fetch);
    if (registered == fetch) {
      start(fetch);
    }
    return registered;
  }

  private PieceFetch newFetch(Piece piece, Runnable ended) {
    long from = piece.index() * pieceBytes;
    return new PieceFetch(
        piece,
        () -> store.openRange(piece.key(), from, pieceBytes),
        folder,
        fetch -> {
          fetches.remove(piece, fetch);
          ended.run();
        });
  }

  /** This transfer or the one that runs already; null if the file of the piece is complete. */
  private @Nullable PieceFetch register(Piece piece, PieceFetch fetch) {
    // A transfer is removed only after its file is complete.
    return fetches.computeIfAbsent(
        piece, missing -> folder.findBlobBytes(missing).isPresent() ? null : fetch);
  }

  private void start(PieceFetch fetch) {
    if (closed) {
      fetch.cancel();
    }
    try {
      threads.execute(fetch);
    } catch (RejectedExecutionException e) {
      fetch.cancel();
      fetch.run(); // fails at once
    }
  }

  PieceFolder folder() {
    return folder;
  }

  RangedBlobStore store() {
    return store;
  }

  Piece piece(String key, long position) {
    return new Piece(key, position / pieceBytes);
  }

  long pieceBytes() {
    return pieceBytes;
  }

  @Override
  public Spool spool() throws IOException {
    return store.spool();
  }

  @Override
  public void delete(String key) throws IOException {
    store.delete(key);
    folder.removeBlob(key);
  }

  @Override
  public List<ListedBlob> list(Optional<String> after, int most) throws IOException {
    return store.list(after, most);
  }

  @Override
  public BlobStore direct() {
    return store;
  }

  @Override
  public void ping() throws IOException {
    store.ping();
  }

  /** Ends the transfers, and closes the other store. The files stay. */
  @Override
  public void close() throws IOException {
    closed = true;
    fetches.values().forEach(PieceFetch::cancel);
    store.close();
  }
}
