package narthex.maintain;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.db.Representation;
import narthex.nix.Sha256;
import narthex.store.StoredNars;

/**
 * Deletes the rows of whole files a delay after their NARs were stored as chunks. The files become
 * garbage.
 */
public final class DeleteFiles implements Chore<Sha256> {
  private static final System.Logger LOG = System.getLogger(DeleteFiles.class.getName());

  private final Database database;
  private final StoredNars stored;
  private final Duration delay;
  private final InstantSource clock;

  /**
   * @param stored its listeners are notified
   * @param delay how long to keep a file after its NAR was stored as chunks
   */
  public DeleteFiles(Database database, StoredNars stored, Duration delay, InstantSource clock) {
    this.database = database;
    this.stored = stored;
    this.delay = delay;
    this.clock = clock;
  }

  @Override
  public String name() {
    return "delete superseded files";
  }

  @Override
  public String done() {
    return "superseded files deleted";
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return database.chunkingQueue().findSuperseded(due(), after, most);
  }

  @Override
  public boolean run(Sha256 narHash) throws IOException {
    List<Representation> deleted =
        database
            .chunkingQueue()
            .deleteSuperseded(narHash, due(), clock.instant().plus(GarbageTable.GRACE));
    if (deleted.isEmpty()) {
      return false;
    }
    stored.announce(narHash);
    for (Representation file : deleted) {
      LOG.log(
          Level.INFO,
          "whole file of chunked nar deleted hash={0} compression={1} fileSize={2}",
          narHash.nix32(),
          file.compression().nixName(),
          Long.toString(file.fileSizeBytes()));
    }
    return true;
  }

  /**
   * Returns the time before which a file must have been superseded. Without a delay, it includes
   * the present millisecond.
   */
  private Instant due() {
    return clock.instant().minus(delay).plusMillis(1);
  }
}
