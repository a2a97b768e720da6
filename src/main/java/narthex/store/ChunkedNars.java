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
 * What {@link StoredNars} is for NARs in chunks, which share these. A chunk that turns out lost or
 * damaged is condemned, so that no later NAR refers to it, and written anew when it comes again.
 * Thread-safe.
 */
public final class ChunkedNars {
  private static final System.Logger LOG = System.getLogger(ChunkedNars.class.getName());

  /** More than one repetition means that chunks get lost faster than NARs are cut. */
  private static final int PUBLISH_ATTEMPTS = 5;

  /** Bounds the memory of damage; beyond it only what a reader met is written anew. */
  private static final int MOST_DOUBTFUL = 10_000;

  private final ChunkStore chunks;
  private final Database database;
  private final StoredNars stored;
  private final InstantSource clock;

  /** NARs of which a chunk was damaged, so that others may be, until they are stored again. */
  private final Set<Sha256> doubtful = ConcurrentHashMap.newKeySet();

  /**
   * @param chunks where NARs are cut
   * @param stored drops NARs, and tells its listeners
   */
  public ChunkedNars(ChunkStore chunks, Database database, StoredNars stored, InstantSource clock) {
    this.chunks = chunks;
    this.database = database;
    this.stored = stored;
    this.clock = clock;
  }

  /**
   * Begins to cut a NAR into chunks; the caller closes the writer.
   *
   * @param nar which, if that is known
   */
  public ChunkedWriter cut(@Nullable NarId nar) {
    if (nar == null) { // while any NAR is in doubt, this may be it
      return doubtful.isEmpty() ? chunks.begin() : chunks.beginToHeal(OptionalLong.empty());
    }
    OptionalLong length = OptionalLong.of(nar.sizeBytes());
    return doubtful.contains(nar.hash()) ? chunks.beginToHeal(length) : chunks.begin(length);
  }

  /** Writes the bytes of a NAR, which are known to be right, once more. */
  @FunctionalInterface
  public interface Rewriting {
    /** Writes all of them, and finishes the writer. */
    void write(ChunkedWriter writer) throws IOException;
  }

  /**
   * Publishes a NAR whose chunks are durable; if it is stored as chunks already, these go. If it
   * refers to chunks that were condemned meanwhile, it is cut anew, without them.
   *
   * @return false if the NAR was stored as chunks before
   */
  public boolean publish(NarId nar, ChunkedWriter written, Rewriting again) throws IOException {
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
   * Drops the chunked form of a NAR, of which a chunk turned out lost or damaged, so that the NAR
   * is fetched again. No later NAR refers to that chunk, nor to others of a lost pack: they are
   * written anew when they come; and so is whatever else of this NAR is damaged. Nothing is changed
   * if that happened meanwhile.
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
    Optional<Representation> chunked =
        nar.flatMap(found -> found.find(Form.CHUNKED, Compression.NONE));
    if (chunked.isPresent() && (place.isEmpty() || isCondemned(place.get()))) {
      stored.drop(nar.get().id().hash(), chunked.get());
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
}
