package narthex.ingest;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.Spool;
import narthex.blob.StoredManifest;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkStore;
import narthex.chunk.ChunkedWriter;
import narthex.db.ChunkPlace;
import narthex.db.ChunksCondemnedException;
import narthex.db.Database;
import narthex.db.Form;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.NarStarts;
import org.jspecify.annotations.Nullable;

/**
 * The one door for NAR bytes: what comes in is hashed while it is written, compared with what was
 * expected, and becomes visible by one database commit after its blobs are durable. Thread-safe.
 */
public final class NarIngest {
  private static final System.Logger LOG = System.getLogger(NarIngest.class.getName());

  /** More than one repetition means that others store and drop the same NAR at the same time. */
  private static final int PUBLISH_ATTEMPTS = 5;

  /** Bounds the memory of damage; beyond it only what a reader met is written anew. */
  private static final int MOST_DOUBTFUL = 10_000;

  /** Until then the flight goes on; those who follow it may have all but the last byte. */
  private static final Duration LONGEST_DOWNLOAD_WAIT = Duration.ofHours(1);

  /** A client that uploads tries again. */
  private static final Duration LONGEST_UPLOAD_WAIT = Duration.ofMinutes(1);

  private final BlobStore blobs;
  private final ChunkStore chunks;
  private final Database database;
  private final ExecutorService checkers;
  private final DecoderBudget decoders;
  private final InstantSource clock;
  private final NarStarts starts = new NarStarts();
  private final LateChecks late;

  /** NARs of which a chunk was damaged, so that others may be, until they are stored again. */
  private final Set<Sha256> doubtful = ConcurrentHashMap.newKeySet();

  private final CopyOnWriteArrayList<StoreListener> listeners = new CopyOnWriteArrayList<>();

  /**
   * @param chunks where NARs are kept that are cut into chunks
   * @param checkers gives each ingestion's check a thread of its own, at once; not closed here
   * @param decoders the memory of those that decode
   */
  public NarIngest(
      BlobStore blobs,
      ChunkStore chunks,
      Database database,
      ExecutorService checkers,
      DecoderBudget decoders,
      InstantSource clock) {
    this.blobs = blobs;
    this.chunks = chunks;
    this.database = database;
    this.checkers = checkers;
    this.decoders = decoders;
    this.clock = clock;
    this.late = new LateChecks(checkers);
  }

  /** Decodes what is stored, for work that no request waits for. */
  DecoderShare backgroundDecoders() {
    return decoders.share(Work.BACKGROUND);
  }

  /** Adds somebody to be told of changes; for wiring at start. */
  public void addListener(StoreListener listener) {
    listeners.add(listener);
  }

  /**
   * Begins to take in a NAR file from an upstream; the caller closes the ingestion.
   *
   * @param keep what is to be left of it when it turned out right
   */
  public NarIngestion begin(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.DOWNLOADS, LONGEST_DOWNLOAD_WAIT, late));
  }

  /** The same with a file from a client. */
  public NarIngestion beginUpload(NarExpectation expected, Keep keep) throws IOException {
    return begin(expected, keep, means(Work.UPLOADS, LONGEST_UPLOAD_WAIT, null));
  }

  private NarCheck.Means means(Work work, Duration longestWait, @Nullable LateChecks late) {
    return new NarCheck.Means(checkers, starts, decoders.share(work), longestWait, late);
  }

  private NarIngestion begin(NarExpectation expected, Keep keep, NarCheck.Means means)
      throws IOException {
    Long size = expected.fileSizeBytes();
    OptionalLong length = size == null ? OptionalLong.empty() : OptionalLong.of(size);
    Spool spool = blobs.spool();
    try {
      return new NarIngestion(
          expected,
          keep == Keep.CHUNKED ? cut(expected.nar()) : null,
          keep,
          spool,
          length,
          this,
          means);
    } catch (RejectedExecutionException stopping) {
      spool.close();
      throw new IOException("the server is stopping", stopping);
    }
  }

  /**
   * Begins to cut a NAR into chunks; the caller closes the writer.
   *
   * @param nar which, if that is known
   */
  ChunkedWriter cut(@Nullable NarId nar) {
    if (nar == null) { // while any NAR is in doubt, this may be it
      return doubtful.isEmpty() ? chunks.begin() : chunks.beginToHeal(OptionalLong.empty());
    }
    OptionalLong length = OptionalLong.of(nar.sizeBytes());
    return doubtful.contains(nar.hash()) ? chunks.beginToHeal(length) : chunks.begin(length);
  }

  /**
   * What is left to be kept of a file of this NAR.
   *
   * @param compression of the file
   * @param wanted the compression that somebody waits for
   * @param first what is kept of a NAR that is not stored at all
   * @return empty if nobody needs the file, as the rows say that what is wanted is stored
   */
  Optional<Keep> wouldKeep(Sha256 narHash, Compression compression, Compression wanted, Keep first)
      throws IOException {
    Optional<StoredNar> stored = database.findNar(narHash);
    boolean chunked = stored.map(StoredNar::isChunked).orElse(false);
    boolean whole = stored.flatMap(nar -> nar.find(Form.WHOLE, compression)).isPresent();
    boolean decoded = wanted == Compression.NONE && stored.isPresent();
    if (whole || decoded) {
      return Optional.empty();
    }
    return Optional.of(chunked ? Keep.NOTHING : first);
  }

  /** Writes the bytes of a NAR, which are known to be right, once more. */
  interface Rewriting {
    void write(ChunkedWriter writer) throws IOException;
  }

  /**
   * Publishes a NAR whose chunks are durable; if it is stored as chunks already, these go. If it
   * refers to chunks that were condemned meanwhile, it is cut anew, without them.
   */
  Stored publish(NarId nar, ChunkedWriter written, Rewriting again) throws IOException {
    try {
      return publish(nar, written);
    } catch (ChunksCondemnedException refused) {
      LOG.log(
          Level.WARNING,
          "cutting nar again hash={0} reason={1}",
          nar.hash().nix32(),
          refused.getMessage());
    }
    for (int attempt = 1; ; attempt++) {
      try (ChunkedWriter writer = chunks.beginToHeal(OptionalLong.of(nar.sizeBytes()))) {
        again.write(writer);
        Stored stored = publish(nar, writer);
        written.storedByAnother(nar);
        return stored;
      } catch (ChunksCondemnedException refused) {
        if (attempt == PUBLISH_ATTEMPTS) {
          throw refused;
        }
      }
    }
  }

  private Stored publish(NarId nar, ChunkedWriter written) throws IOException {
    boolean isNew = DatabaseTries.keepTrying(() -> written.store(nar, clock.instant()));
    doubtful.remove(nar.hash());
    announce(nar.hash());
    return isNew ? Stored.NEW : Stored.KNOWN;
  }

  /**
   * Publishes a committed blob by one row. If the same form is stored already, the blob is dropped,
   * unless the bytes of that one turn out lost: then this one takes its place.
   */
  Stored publish(NarId nar, Representation representation) throws IOException {
    try {
      return publishOnce(nar, representation);
    } catch (IOException | RuntimeException e) {
      discardUnlessNamed(nar, representation);
      throw e;
    }
  }

  /** While the database cannot tell, the blob stays for the search for blobs without a row. */
  private void discardUnlessNamed(NarId nar, Representation representation) {
    try {
      boolean isNamed =
          database
              .findNar(nar.hash())
              .map(stored -> stored.representations().contains(representation))
              .orElse(false);
      if (!isNamed) {
        discard(representation);
      }
    } catch (IOException unknown) {
      LOG.log(
          Level.WARNING,
          "could not delete the blob of a failed ingestion hash={0} reason={1}",
          nar.hash().nix32(),
          unknown.getMessage());
    }
  }

  private Stored publishOnce(NarId nar, Representation representation) throws IOException {
    for (int attempt = 0; attempt < PUBLISH_ATTEMPTS; attempt++) {
      if (DatabaseTries.keepTrying(
          () -> database.storeRepresentation(nar, representation, clock.instant()))) {
        announce(nar.hash());
        return Stored.NEW;
      }
      Optional<Representation> there =
          DatabaseTries.keepTrying(() -> database.findNar(nar.hash()))
              .flatMap(known -> known.find(representation.form(), representation.compression()));
      if (there.isEmpty()) {
        continue; // dropped by somebody else meanwhile
      }
      if (there.get().equals(representation)) { // a commit whose answer got lost
        announce(nar.hash());
        return Stored.NEW;
      }
      if (isPresent(there.get())) {
        discard(representation);
        return Stored.KNOWN;
      }
      drop(nar.hash(), there.get());
    }
    throw new IOException("another writer keeps deleting the stored NAR " + nar.hash().nix32());
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
        LOG.log(Level.WARNING, "unused blob not deleted key={0} reason={1}", extent.blob(), e);
      }
    }
  }

  /** Whether what a row says is there; if it surely is not, that is logged. */
  boolean isPresent(Representation representation) throws IOException {
    try {
      new StoredManifest(blobs, representation.extents()).requirePresent();
      return true;
    } catch (BlobLostException lost) {
      LOG.log(Level.ERROR, "stored nar is lost reason={0}", lost.getMessage());
      return false;
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

  /**
   * Drops the chunked form of a NAR, of which a chunk turned out lost or damaged, so that the NAR
   * is fetched again. No later NAR refers to that chunk, nor to others of a lost pack: they are
   * written anew when they come; and so is whatever else of this NAR is damaged. Nothing is changed
   * if that happened meanwhile.
   */
  public void drop(Sha256 narHash, Representation damaged, ChunkLostException lost)
      throws IOException {
    Optional<ChunkPlace> place = lost.place();
    if (place.isPresent() && !condemn(place.get(), lost.isPackLost())) {
      return;
    }
    doubt(narHash);
    drop(narHash, damaged);
  }

  /**
   * Records that a chunk turned out lost or damaged to which a NAR refers that is coming in: it is
   * cut anew before it is stored. If it is stored by now, it is dropped.
   *
   * @param narHash the NAR; empty while it is not known, and so not stored
   * @return false, and nothing is changed, if the chunk was written anew meanwhile, or is one of
   *     this NAR that nobody else refers to
   */
  public boolean dropInFlight(Optional<Sha256> narHash, ChunkLostException lost)
      throws IOException {
    Optional<ChunkPlace> place = lost.place();
    if (place.isPresent() && !condemn(place.get(), lost.isPackLost())) {
      return false;
    }
    narHash.ifPresent(this::doubt);
    Optional<StoredNar> nar =
        narHash.isEmpty() ? Optional.empty() : database.findNar(narHash.get());
    Optional<Representation> stored =
        nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
    if (stored.isPresent() && (place.isEmpty() || isCondemned(place.get()))) {
      drop(nar.get().id().hash(), stored.get());
    }
    return true;
  }

  /** Not if it was written anew: then what refers to it is whole. */
  private boolean isCondemned(ChunkPlace place) throws IOException {
    return database.chunks().find(Set.of(place.hash())).isEmpty();
  }

  private boolean condemn(ChunkPlace place, boolean isPackLost) throws IOException {
    return isPackLost
        ? database.chunks().condemnPack(place.pack())
        : database.chunks().condemn(place);
  }

  private void doubt(Sha256 narHash) {
    if (doubtful.size() < MOST_DOUBTFUL) {
      doubtful.add(narHash);
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

  /** Tells that the narinfo of a store path was put here or deleted. */
  void announce(StorePathHash hash) {
    listeners.forEach(listener -> listener.narInfoChanged(hash));
  }

  /** Tells that what is stored of a NAR, or what is known of it, changed. */
  public void announce(Sha256 narHash) {
    listeners.forEach(listener -> listener.narChanged(narHash));
  }
}
