package narthex.store;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkStore;
import narthex.chunk.ChunkedWriter;
import narthex.db.ChunkPlace;
import narthex.db.ChunksCondemnedException;
import narthex.db.Database;
import narthex.db.DatabaseTries;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.db.StoredNar;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Writes, publishes and drops NARs that are stored as chunks, which NARs share. A lost or damaged
 * chunk is condemned: no new NAR refers to it, and the next NAR that contains it stores it again.
 * Thread-safe.
 */
public final class ChunkedNars {
  private static final System.Logger LOG = System.getLogger(ChunkedNars.class.getName());

  /**
   * Further attempts are needed only if more chunks are condemned while the NAR is chunked again.
   */
  private static final int PUBLISH_ATTEMPTS = 5;

  /** Maximum size of {@code doubtful}. For further NARs, only condemned chunks are stored again. */
  private static final int MOST_DOUBTFUL = 10_000;

  private final ChunkStore chunks;
  private final Database database;
  private final StoredNars stored;
  private final InstantSource clock;

  /**
   * NARs with a lost or damaged chunk, whose other chunks are suspect too. Publishing removes them.
   */
  private final Set<Sha256> doubtful = ConcurrentHashMap.newKeySet();

  /**
   * @param chunks splits NARs into chunks and stores these
   * @param stored drops NARs and notifies its listeners
   */
  public ChunkedNars(ChunkStore chunks, Database database, StoredNars stored, InstantSource clock) {
    this.chunks = chunks;
    this.database = database;
    this.stored = stored;
    this.clock = clock;
  }

  /**
   * Opens a writer that splits a NAR into chunks. The caller closes it.
   *
   * @param nar the NAR; null if its hash is not yet known
   */
  public ChunkedWriter cut(@Nullable NarId nar) {
    if (nar == null) { // may be one of the doubtful NARs
      return doubtful.isEmpty() ? chunks.begin() : chunks.beginToHeal(OptionalLong.empty());
    }
    OptionalLong length = OptionalLong.of(nar.sizeBytes());
    return doubtful.contains(nar.hash()) ? chunks.beginToHeal(length) : chunks.begin(length);
  }

  /** Writes a verified NAR to another writer. */
  @FunctionalInterface
  public interface Rewriting {
    /** Writes the whole NAR and finishes the writer. Doesn't close it. */
    void write(ChunkedWriter writer) throws IOException;
  }

  /**
   * Publishes a NAR whose chunks are durable. If the NAR is already stored as chunks, deletes the
   * new ones. If some chunks were condemned meanwhile, chunks the NAR again by {@code again}.
   *
   * @param written finished; the caller closes it
   * @return false if the NAR was already stored as chunks
   * @throws ChunksCondemnedException if each attempt met newly condemned chunks
   */
  public boolean publish(NarId nar, ChunkedWriter written, Rewriting again) throws IOException {
    try {
      return publish(nar, written);
    } catch (ChunksCondemnedException refused) {
      LOG.log(
          Level.WARNING,
          "chunks were deleted meanwhile, cutting nar again hash={0} reason={1}",
          nar.hash().nix32(),
          refused.getMessage());
    }
    for (int attempt = 1; ; attempt++) {
      try (ChunkedWriter writer = chunks.beginToHeal(OptionalLong.of(nar.sizeBytes()))) {
        again.write(writer);
        boolean isNew = publish(nar, writer);
        written.storedByAnother(nar);
        return isNew;
      } catch (ChunksCondemnedException refused) {
        if (attempt == PUBLISH_ATTEMPTS) {
          throw refused;
        }
      }
    }
  }

  private boolean publish(NarId nar, ChunkedWriter written) throws IOException {
    boolean isNew = DatabaseTries.keepTrying(() -> written.store(nar, clock.instant()));
    doubtful.remove(nar.hash());
    stored.announce(nar.hash());
    return isNew;
  }

  /**
   * Drops the chunked form of a NAR after a chunk turned out lost or damaged, so that the NAR is
   * fetched again. Condemns the chunk or, if the whole pack is lost, all its chunks. When the NAR
   * is stored again, its other chunks are checked too. Leaves the NAR stored if the chunk is no
   * longer in that pack, as another NAR has repaired it.
   */
  public void drop(Sha256 narHash, Representation damaged, ChunkLostException lost)
      throws IOException {
    LOG.log(
        Level.ERROR,
        "stored nar is damaged and will be fetched again hash={0} reason={1}",
        narHash.nix32(),
        lost.getMessage());
    stored.forgetStart(narHash);
    Optional<ChunkPlace> place = lost.place();
    if (place.isPresent() && !condemn(place.get(), lost.isPackLost())) {
      return;
    }
    doubt(narHash);
    stored.drop(narHash, damaged);
  }

  /**
   * Condemns a lost or damaged chunk of a NAR that is still being stored, so that {@link #publish}
   * chunks the NAR again. Drops the chunked form if the NAR has been published meanwhile.
   *
   * @param narHash empty if not yet known; the NAR isn't published then
   * @return false, without a change, if the database has no such chunk in this pack: another NAR
   *     has repaired it, or the pack is a new one of this NAR
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
    Optional<Representation> chunked =
        nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
    if (chunked.isPresent() && (place.isEmpty() || isCondemned(place.get()))) {
      stored.drop(nar.get().id().hash(), chunked.get());
    }
    return true;
  }

  /** False if the chunk was stored again; the NARs that refer to it are then complete. */
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
}
