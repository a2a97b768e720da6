package narthex.chunk;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import narthex.db.ChunksCondemnedException;
import narthex.db.Database;
import narthex.db.DatabaseException;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Compression;
import narthex.nix.NarId;

/** Inserts the rows of one NAR that was cut. For one thread. */
final class ChunkRows {
  private final Database database;
  private final ChunkLog log;
  private boolean isNamed;
  private boolean mayBeStored;

  /** Inserts the chunks of this log. */
  ChunkRows(Database database, ChunkLog log) {
    this.database = database;
    this.log = log;
  }

  /** Inserts the rows; see {@link ChunkedWriter#store}. */
  boolean store(NarId nar, Instant storedAt) throws IOException {
    try {
      boolean stored =
          database.storeChunked(
              nar,
              log.newChunks(),
              log.parts(),
              new Representation(
                  Form.CHUNKED, Compression.NONE, nar.hash(), log.framesLength(), List.of()),
              storedAt);
      isNamed = true;
      return stored;
    } catch (DatabaseException e) {
      mayBeStored |= e.isOutcomeUnknown();
      throw e;
    } catch (ChunksCondemnedException refused) {
      mayBeStored = false; // this also excludes that an earlier attempt succeeded
      throw refused;
    }
  }

  /** Whether rows refer to the packs, or may do so. */
  boolean mayReferToPacks() {
    return isNamed || mayBeStored;
  }
}
