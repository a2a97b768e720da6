package narthex.maintain;

import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import narthex.chunk.ChunkLostException;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DocumentRow;
import narthex.db.GarbageTable;
import narthex.db.NarInfoRow;
import narthex.db.Representation;
import narthex.ingest.NarAbsentException;
import narthex.maintain.Finding.Outcome;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;

/**
 * Repairs what a check found. Drops only what is surely lost or damaged, and only while the blob
 * store has the mark of this database: without it the store may be another one, or not mounted.
 * Thread-safe.
 */
final class Repairs {
  /** Limit on the store paths of one NAR to fetch. */
  private static final int ATTEMPTS = 4;

  /** What to do with a chunked NAR that has damaged chunks and that no upstream has. */
  enum Hope {
    /** Leave it, as a NAR that is fetched again may bring the chunks. */
    LEFT,
    /** Drop it. */
    GONE
  }

  private final Database database;
  private final StoredNars stored;
  private final ChunkedNars chunked;
  private final StoreOwner owner;
  private final NarFetching fetching;
  private final Availability availability;
  private final InstantSource clock;
  private final Hope hope;

  Repairs(
      Fsck.Store store,
      Fsck.Sources sources,
      Availability availability,
      InstantSource clock,
      Hope hope) {
    this.database = store.database();
    this.stored = store.stored();
    this.chunked = store.chunked();
    this.owner = new StoreOwner(database, store.blobs());
    this.fetching = sources.fetching();
    this.availability = availability;
    this.clock = clock;
    this.hope = hope;
  }

  private void requireMark() throws IOException {
    if (!owner.isMarked()) {
      throw new IOException("the blob store has lost the mark of this database");
    }
  }

  /** Lets the next NAR with this chunk store it again. */
  Outcome condemn(ChunkPlace place) throws IOException {
    requireMark();
    return database.chunks().condemn(place) ? Outcome.MARKED : Outcome.UNCHANGED;
  }

  /** Lets the next NARs with the chunks of a pack store them again. */
  Outcome condemnPack(String pack) throws IOException {
    requireMark();
    return database.chunks().condemnPack(pack) ? Outcome.MARKED : Outcome.UNCHANGED;
  }

  /** Drops a whole file and fetches its NAR again, unless another form of it is stored. */
  Outcome dropWhole(Sha256 narHash, Representation damaged) throws IOException {
    requireMark();
    stored.drop(narHash, damaged);
    return fetchAgain(narHash);
  }

  /** Drops the chunked form of a NAR and fetches the NAR again, unless it is stored whole. */
  Outcome dropChunked(Sha256 narHash, Representation damaged, ChunkLostException lost)
      throws IOException {
    requireMark();
    boolean mayBeMended =
        hope == Hope.LEFT
            && lost.place().isEmpty()
            && availability.ask(narHash) != Availability.Answer.AVAILABLE;
    if (mayBeMended) {
      return Outcome.DEFERRED;
    }
    chunked.drop(narHash, damaged, lost);
    return fetchAgain(narHash);
  }

  /**
   * Fetches a NAR that isn't stored any more. If no upstream has it, deletes its narinfos, so that
   * clients look elsewhere. If no upstream can tell, it will be fetched when a client asks for it.
   */
  private Outcome fetchAgain(Sha256 narHash) throws IOException {
    if (isStored(narHash)) {
      return Outcome.MENDED;
    }
    List<NarInfoRow> rows = database.findNarInfosOf(narHash);
    boolean isNowhere = true;
    List<NarInfoRow> some = rows.subList(0, Math.min(rows.size(), ATTEMPTS));
    for (NarInfoRow row : some) {
      try {
        fetching.fetch(row);
        if (isStored(narHash)) {
          return Outcome.MENDED;
        }
      } catch (NarAbsentException absent) {
        continue;
      } catch (IOException trouble) {
        isNowhere = false;
      }
    }
    if (isNowhere) {
      for (NarInfoRow row : some) {
        forget(row.said().storePath().hash());
      }
    }
    return Outcome.DROPPED;
  }

  private boolean isStored(Sha256 narHash) throws IOException {
    return database.findNar(narHash).isPresent();
  }

  /** Drops a document. Listings are made again, and others fetched, when a client asks for them. */
  Outcome dropDocument(DocumentRow row) throws IOException {
    requireMark();
    return database.documents().delete(row, deleteAfter()) ? Outcome.DROPPED : Outcome.UNCHANGED;
  }

  /** Deletes a narinfo whose NAR nobody has. Keeps it if its NAR was stored meanwhile. */
  Outcome forget(StorePathHash hash) throws IOException {
    requireMark();
    database.forgetNarInfo(hash);
    stored.announce(hash);
    if (database.findNarInfo(hash).isPresent()) {
      return Outcome.UNCHANGED;
    }
    database.documents().delete(DocumentName.listing(hash), deleteAfter());
    return Outcome.DROPPED;
  }

  /** Deletes a narinfo that is wrong, unless it is pinned. An upstream is asked for it again. */
  Outcome dropNarInfo(StorePathHash hash) throws IOException {
    requireMark();
    return stored.deleteNarInfo(hash) ? Outcome.DROPPED : Outcome.UNCHANGED;
  }

  /** Registers the file names of a NAR again. */
  Outcome nameAgain(String stem, Sha256 narHash) throws IOException {
    database.fsck().nameAgain(stem, narHash);
    stored.announce(narHash);
    return Outcome.MENDED;
  }

  /** Makes the hash of a stored file the name of its NAR. */
  Outcome nameFile(Sha256 fileHash, Sha256 narHash) throws IOException {
    boolean named = database.nameFile(fileHash.nix32(), fileHash, narHash);
    stored.announce(narHash);
    return named ? Outcome.MENDED : Outcome.UNCHANGED;
  }

  /** Restores the missing row of a NAR, or deletes what is left of it. */
  Outcome mendStrayRows(Sha256 narHash) throws IOException {
    requireMark();
    Outcome outcome =
        switch (database.fsck().mendStray(narHash, clock.instant(), deleteAfter())) {
          case RESTORED -> Outcome.MENDED;
          case DROPPED -> Outcome.DROPPED;
          case UNCHANGED -> Outcome.UNCHANGED;
        };
    stored.announce(narHash);
    return outcome;
  }

  private Instant deleteAfter() {
    return clock.instant().plus(GarbageTable.GRACE);
  }
}
