package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.ingest.FileChunking;
import narthex.nix.Sha256;

/** Cuts NARs into chunks that are stored whole: as they came in lazy, or in another mode. */
public final class ChunkFiles implements Chore<Sha256> {
  private static final System.Logger LOG = System.getLogger(ChunkFiles.class.getName());

  private final Database database;
  private final FileChunking chunking;

  /** The rows of this database are the queue. */
  public ChunkFiles(Database database, FileChunking chunking) {
    this.database = database;
    this.chunking = chunking;
  }

  @Override
  public String done() {
    return "chunked";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.chunkingQueue().findUnchunked(after, most);
  }

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    FileChunking.Outcome outcome = chunking.chunk(narHash);
    if (outcome == FileChunking.Outcome.CHUNKED) {
      LOG.log(
          Level.INFO,
          "nar chunked in the background hash={0} waiting={1}",
          narHash.nix32(),
          Long.toString(database.chunkingQueue().countUnchunked()));
    }
    return outcome == FileChunking.Outcome.CHUNKED;
  }
}
