package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import narthex.chunk.ChunkStore;
import narthex.chunk.OtherSizesException;
import narthex.db.ChunkingQueue;
import narthex.nix.Sha256;
import narthex.store.NarReading;

/** Cuts NARs into chunks that are stored as whole files, as {@link ChunkFiles} does it. */
final class FilesToChunks implements Migration.Change {
  private final ChunkingQueue queue;
  private final ChunkFiles files;

  /**
   * @throws OtherSizesException if the stored chunks were cut with other sizes
   */
  FilesToChunks(ChunkingQueue queue, ChunkFiles files, ChunkStore chunks) throws IOException {
    chunks.requireSameSizes();
    this.queue = queue;
    this.files = files;
  }

  @Override
  public long count() throws IOException {
    return queue.countUnchunked();
  }

  @Override
  public List<Sha256> find(Optional<Sha256> after, int most) throws IOException {
    return queue.findUnchunked(after, most);
  }

  @Override
  public Migration.Outcome migrate(Sha256 narHash, NarReading.Watch watch, Consumer<String> damages)
      throws IOException {
    return switch (files.cut(narHash, watch, damages)) {
      case CHUNKED -> Migration.Outcome.MIGRATED;
      case UNCHANGED -> Migration.Outcome.UNCHANGED;
      case DROPPED -> Migration.Outcome.DAMAGED;
    };
  }
}
