package narthex.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;

/**
 * The NARs that are stored, rows and blobs together. A NAR becomes visible by one database commit
 * after its blobs are durable; when a row goes, its blobs become garbage in the same transaction.
 * Thread-safe.
 */
public final class StoredNars {
  private static final System.Logger LOG = System.getLogger(StoredNars.class.getName());

  /** More than one repetition means that others store and drop the same NAR at the same time. */
  private static final int PUBLISH_ATTEMPTS = 5;

  /** Bounds the memory of where hot NARs begin, in bytes. */
  private static final long STARTS_BYTES = 16 << 20;

  private static final int ENTRY_BYTES = 256;

  /** Bounds how long chunks are looked for where they were. */
  private static final Duration STAY = Duration.ofMinutes(1);

  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;
  private final Cache<Sha256, ChunkedManifest> starts =
      Caffeine.newBuilder()
          .maximumWeight(STARTS_BYTES)
          .<Sha256, ChunkedManifest>weigher((nar, manifest) -> ENTRY_BYTES + manifest.memoryBytes())
          .expireAfterWrite(STAY)
          .executor(Runnable::run)
          .build();
  private final CopyOnWriteArrayList<StoreListener> listeners = new CopyOnWriteArrayList<>();

  /** Stores in these. */
  public StoredNars(BlobStore blobs, Database database, InstantSource clock) {
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
  }

  /** Adds those who are to be told of changes; for wiring at start. */
  public void addListeners(StoreListener... added) {
    listeners.addAll(List.of(added));
  }

  /** Tells that the narinfo of a store path was put here or deleted. */
  public void announce(StorePathHash hash) {
    listeners.forEach(listener -> listener.narInfoChanged(hash));
  }

  /** Tells that what is stored of a NAR, or what is known of it, changed. */
  public void announce(Sha256 narHash) {
    forgetStart(narHash);
    listeners.forEach(listener -> listener.narChanged(narHash));
  }

  /**
   * Opens a whole file.
   *
   * @throws BlobLostException if its bytes are surely not there
   * @throws IOException if that cannot be told
   */
  public StoredManifest openWhole(Representation stored) throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, stored.extents());
    manifest.requirePresent();
    return manifest;
  }

  /**
   * Opens a NAR that is stored as chunks. Where a hot NAR begins is remembered, so that a small one
   * is read without asking the database.
   *
   * @throws ChunkLostException if its first chunk is surely not there
   * @throws IOException if that cannot be told
   */
  public ChunkedManifest openChunked(NarId nar, Representation stored) throws IOException {
    ChunkedManifest known = starts.getIfPresent(nar.hash());
    ChunkedManifest manifest =
        known != null && known.framesLength() == stored.fileSizeBytes()
            ? known
            : new ChunkedManifest(database.chunks(), blobs, nar, stored.fileSizeBytes());
    manifest.requireStart();
    if (manifest != known) {
      starts.put(nar.hash(), manifest);
    }
    return manifest;
  }

  /** Forgets where the chunks of a NAR are. */
  void forgetStart(Sha256 narHash) {
    starts.invalidate(narHash);
  }

  /** Whether what a row says is there; if it surely is not, that is logged. */
  public boolean isPresent(Representation stored) throws IOException {
    try {
      openWhole(stored);
      return true;
    } catch (BlobLostException lost) {
      LOG.log(Level.ERROR, "stored nar is lost reason={0}", lost.getMessage());
      return false;
    }
  }

  /**
   * Publishes a whole file, whose blobs are durable. If the same form is stored already, these
   * blobs are deleted, unless the bytes of that one turn out lost: then this one takes its place.
   *
   * @return false if the same form is stored already
   * @throws IOException if it cannot be published; its blobs are deleted then
   */
  public boolean publish(NarId nar, Representation whole) throws IOException {
    try {
      return publishOnce(nar, whole);
    } catch (IOException | RuntimeException e) {
      discardUnlessNamed(nar, whole);
      throw e;
    }
  }

  private boolean publishOnce(NarId nar, Representation whole) throws IOException {
    for (int attempt = 0; attempt < PUBLISH_ATTEMPTS; attempt++) {
      if (DatabaseTries.keepTrying(
          () -> database.storeRepresentation(nar, whole, clock.instant()))) {
        announce(nar.hash());
        return true;
      }
      Optional<Representation> there =
          DatabaseTries.keepTrying(() -> database.findNar(nar.hash()))
              .flatMap(known -> known.find(whole.form(), whole.compression()));
      if (there.isEmpty()) {
        continue; // dropped by somebody else meanwhile
      }
      if (there.get().equals(whole)) { // a commit whose answer got lost
        announce(nar.hash());
        return true;
      }
      if (isPresent(there.get())) {
        discard(whole);
        return false;
      }
      drop(nar.hash(), there.get());
    }
    throw new IOException("another writer keeps deleting the stored NAR " + nar.hash().nix32());
  }

  /** While the database cannot tell, the blobs stay for the search for blobs without a row. */
  private void discardUnlessNamed(NarId nar, Representation whole) {
    try {
      boolean isNamed =
          database
              .findNar(nar.hash())
              .map(stored -> stored.representations().contains(whole))
              .orElse(false);
      if (!isNamed) {
        discard(whole);
      }
    } catch (IOException unknown) {
      LOG.log(
          Level.WARNING,
          "could not delete the blob of a failed ingestion hash={0} reason={1}",
          nar.hash().nix32(),
          unknown.getMessage());
    }
  }

  /**
   * Deletes the blobs of a representation that no row refers to. What cannot be deleted is found
   * later, when the store is compared with the rows.
   */
  private void discard(Representation unnamed) {
    for (Extent extent : unnamed.extents()) {
      try {
        blobs.delete(extent.blob());
      } catch (IOException e) {
        LOG.log(
            Level.WARNING,
            "unused blob not deleted key={0} reason={1}",
            extent.blob(),
            e.toString());
      }
    }
  }

  /**
   * Drops a stored form of a NAR whose bytes turned out lost or damaged, so that it is fetched
   * again. What is left of its blobs is garbage.
   */
  public void drop(Sha256 narHash, Representation lost) throws IOException {
    Instant deleteAfter = clock.instant().plus(GarbageTable.GRACE);
    if (database.deleteRepresentation(narHash, lost, deleteAfter)) {
      announce(narHash);
    }
  }

  /** Deletes a narinfo, if there is one; its NAR stays. */
  public void deleteNarInfo(StorePathHash hash) throws IOException {
    database.deleteNarInfo(hash);
    announce(hash);
  }

  /**
   * Deletes all that is stored of a NAR that no narinfo is of: first the rows and then, soon, the
   * blobs, since space may be short.
   *
   * @return false, and nothing is changed, if it is not stored or a narinfo is of it
   */
  public boolean deleteUnnamed(Sha256 narHash) throws IOException {
    boolean deleted = database.deleteUnnamedNar(narHash, clock.instant());
    if (deleted) {
      announce(narHash);
    }
    return deleted;
  }
}
