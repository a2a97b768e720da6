package narthex.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.HotBytes;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedManifest;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.db.UsedNar;
import narthex.db.WholeFile;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;

/**
 * Opens, publishes and deletes stored NARs, and keeps their rows and blobs consistent. A NAR
 * becomes visible by one database commit after its blobs are durable. The transaction that deletes
 * a row also lists its blobs as garbage. Thread-safe.
 */
public final class StoredNars {
  private static final System.Logger LOG = System.getLogger(StoredNars.class.getName());

  /** Several attempts are needed only if others store and drop the same NAR at the same time. */
  private static final int PUBLISH_ATTEMPTS = 5;

  /** Maximum size of the cache {@code starts}, in bytes. */
  private static final long STARTS_BYTES = 16 << 20;

  private static final int ENTRY_BYTES = 256;

  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;
  private final NarUses uses;
  private final Cache<Sha256, ChunkedManifest> starts;
  private final HotBytes hot;
  private final RecentChecks checks;
  private final CopyOnWriteArrayList<StoreListener> listeners = new CopyOnWriteArrayList<>();
  private final CopyOnWriteArrayList<StoreListener> replicas = new CopyOnWriteArrayList<>();

  /**
   * Uses the given stores; the caller closes them.
   *
   * @param memoryTtl how long to cache the places of chunks, and the bytes of small NARs
   */
  public StoredNars(BlobStore blobs, Database database, InstantSource clock, Duration memoryTtl) {
    this.blobs = blobs;
    this.database = database;
    this.clock = clock;
    this.uses = new NarUses(database.uses(), clock);
    this.hot = new HotBytes(memoryTtl);
    this.checks = new RecentChecks(clock, memoryTtl);
    this.starts =
        Caffeine.newBuilder()
            .maximumWeight(STARTS_BYTES)
            .<Sha256, ChunkedManifest>weigher(
                (nar, manifest) -> ENTRY_BYTES + manifest.memoryBytes())
            .expireAfterWrite(memoryTtl)
            .executor(Runnable::run)
            .build();
    database.fileNames().listenToTakeovers(this::announce);
  }

  /** Returns the uses of NARs that this replica hasn't written yet. */
  public NarUses uses() {
    return uses;
  }

  /** Adds listeners for changes by any replica. Call it at start-up. */
  public void addListeners(StoreListener... added) {
    listeners.addAll(List.of(added));
  }

  /** Adds a listener for the changes of this replica only. Call it at start-up. */
  public void announceTo(StoreListener others) {
    replicas.add(others);
  }

  /**
   * Notifies the listeners that the narinfo of a store path was uploaded or deleted, or changed by
   * the search for its NAR.
   */
  public void announce(StorePathHash hash) {
    changedElsewhere(hash);
    replicas.forEach(replica -> replica.narInfoChanged(hash));
  }

  /** Notifies the listeners that the stored forms of a NAR, or its metadata, changed. */
  public void announce(Sha256 narHash) {
    changedElsewhere(narHash);
    replicas.forEach(replica -> replica.narChanged(narHash));
  }

  /** Notifies the listeners that a file name means another NAR. */
  private void announce(String stem) {
    changedElsewhere(stem);
    replicas.forEach(replica -> replica.nameChanged(stem));
  }

  /** Notifies the listeners that another replica announced that a file name means another NAR. */
  public void changedElsewhere(String stem) {
    listeners.forEach(listener -> listener.nameChanged(stem));
  }

  /** Notifies the listeners that another replica announced a change of a narinfo. */
  public void changedElsewhere(StorePathHash hash) {
    listeners.forEach(listener -> listener.narInfoChanged(hash));
  }

  /** Notifies the listeners that another replica announced a change of a NAR. */
  public void changedElsewhere(Sha256 narHash) {
    forgetStart(narHash);
    listeners.forEach(listener -> listener.narChanged(narHash));
  }

  /** Notifies the listeners that other replicas may have changed anything. */
  public void changedElsewhere() {
    starts.invalidateAll();
    listeners.forEach(StoreListener::anyChanged);
  }

  /**
   * Opens a NAR that is stored as a whole file.
   *
   * @throws BlobLostException if a blob is missing or incomplete
   * @throws IOException if the blob store fails
   */
  public StoredManifest openWhole(Representation stored) throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, stored.extents());
    manifest.requirePresent();
    return manifest;
  }

  /**
   * Opens a NAR that is stored as a whole file, to serve it: keeps the bytes of a small one in
   * memory for a while. Damage that its blob has taken since then isn't seen, and a loss only a
   * second later.
   *
   * @throws BlobLostException if a blob is missing or incomplete
   * @throws IOException if the blob store fails
   */
  public StoredManifest openPopular(Representation stored) throws IOException {
    StoredManifest manifest = new StoredManifest(blobs, stored.extents(), hot);
    checks.requirePresent(manifest, stored.extents());
    return manifest;
  }

  /**
   * Opens a NAR that is stored as chunks. Caches the places of its first chunks for a while, so
   * that a small popular NAR takes no database query.
   *
   * @throws ChunkLostException if its first chunk is missing
   * @throws IOException if the database or the blob store fails
   */
  public ChunkedManifest openChunked(NarId nar, Representation stored) throws IOException {
    ChunkedManifest known = starts.getIfPresent(nar.hash());
    ChunkedManifest manifest =
        known != null && known.framesLength() == stored.fileSizeBytes()
            ? known
            : new ChunkedManifest(database.chunks(), blobs, nar, stored.fileSizeBytes(), hot);
    manifest.requireStart();
    if (manifest != known) {
      starts.put(nar.hash(), manifest);
    }
    return manifest;
  }

  /**
   * Opens a NAR that is stored as chunks without any cache: for background jobs, which need the
   * bytes that are stored now, and read each NAR once.
   *
   * @throws ChunkLostException if its first chunk is missing
   * @throws IOException if the database or the blob store fails
   */
  public ChunkedManifest openUncached(NarId nar, Representation stored) throws IOException {
    ChunkedManifest manifest =
        new ChunkedManifest(database.chunks(), blobs, nar, stored.fileSizeBytes());
    manifest.requireStart();
    return manifest;
  }

  /** Removes a NAR from the cache of chunk places. */
  public void forgetStart(Sha256 narHash) {
    starts.invalidate(narHash);
  }

  /**
   * Returns whether the blobs of a whole file are present. Logs an error if not.
   *
   * @throws IOException if the blob store fails
   */
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
   * Publishes a whole file whose blobs are durable. If the NAR is already stored in this form and
   * compression, deletes the new blobs; if the old blobs are lost, replaces the old file instead.
   *
   * @return false if the NAR was already stored in this form
   * @throws IOException if publishing fails; deletes the new blobs then, unless a row refers to
   *     them or the database can't be reached
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
        continue; // another writer has dropped it meanwhile
      }
      if (there.get().equals(whole)) { // committed before, but the response was lost
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

  /**
   * Replaces the chunked form of a NAR by a verified whole file whose blobs are durable. If it
   * can't, deletes the blobs of a new file.
   *
   * @return false, without a change, if the NAR was changed meanwhile
   * @throws IOException if the database fails
   */
  public boolean replaceChunks(NarId nar, Representation whole, WholeFile origin)
      throws IOException {
    boolean replaced = false;
    try {
      replaced =
          DatabaseTries.keepTrying(
              () -> database.chunkingQueue().replaceChunks(nar, whole, origin));
    } finally {
      announce(nar.hash());
      if (!replaced && origin == WholeFile.NEW) {
        discardUnlessNamed(nar, whole);
      }
    }
    return replaced;
  }

  /**
   * Deletes the blobs unless a row refers to them. Leaves them to the search for unreferenced blobs
   * if the database fails.
   */
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
   * Deletes the blobs of a representation that no row refers to. The search for unreferenced blobs
   * later finds those that it fails to delete.
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
   * Drops a lost or damaged form of a NAR, so that it is fetched again. Its blobs become garbage.
   * Does nothing if the NAR no longer has this form.
   */
  public void drop(Sha256 narHash, Representation lost) throws IOException {
    Instant deleteAfter = clock.instant().plus(GarbageTable.GRACE);
    if (database.deleteRepresentation(narHash, lost, deleteAfter)) {
      announce(narHash);
    }
  }

  /**
   * Drops all stored forms of some NARs to free space, in one transaction; keeps their narinfos, so
   * that they are fetched again when a client asks for them. Their blobs become garbage.
   *
   * @param nars a few
   * @param deleteAfter when the blobs may be deleted
   * @return those that were dropped; the others were stored or used again, or may be pinned
   */
  public Set<Sha256> evict(Collection<UsedNar> nars, Instant deleteAfter) throws IOException {
    Set<Sha256> evicted = database.uses().evict(nars, deleteAfter);
    evicted.forEach(this::announce);
    return evicted;
  }

  /**
   * Deletes a narinfo, if it is stored and no pin keeps it; keeps its NAR. Notifies the listeners
   * in any case.
   *
   * @return whether it was deleted
   */
  public boolean deleteNarInfo(StorePathHash hash) throws IOException {
    boolean deleted = database.deleteNarInfo(hash);
    announce(hash);
    return deleted;
  }

  /**
   * Deletes all stored forms of a NAR that no narinfo references. Its blobs become garbage that may
   * be deleted at once, to free space soon.
   *
   * @param storedBefore keep a NAR that was stored again at this time or later; {@link Instant#MAX}
   *     to delete it in any case
   * @return false, without a change, if the NAR isn't stored, is kept, or a narinfo references it
   */
  public boolean deleteUnnamed(Sha256 narHash, Instant storedBefore) throws IOException {
    boolean deleted = database.garbage().deleteUnnamedNar(narHash, storedBefore, clock.instant());
    if (deleted) {
      announce(narHash);
    }
    return deleted;
  }
}
