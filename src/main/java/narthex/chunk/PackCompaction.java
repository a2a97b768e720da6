package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.Spool;
import narthex.db.ChunkPlace;
import narthex.db.CollectionTable;
import narthex.db.CollectionTable.Moved;

/**
 * Copies the used frames of some packs to a new pack. The frames stay as they are, so no manifest
 * changes. Readers that know the old place of a chunk look it up again. Not thread-safe.
 */
public final class PackCompaction {
  private static final System.Logger LOG = System.getLogger(PackCompaction.class.getName());

  private final ChunkStore store;
  private final CollectionTable collection;

  /** Compacts packs of this store. */
  public PackCompaction(ChunkStore store) {
    this.store = store;
    this.collection = store.database().collection();
  }

  /**
   * A pack and the chunks in it that NARs use.
   *
   * @param length length of the pack in bytes
   * @param used the chunks, in the order of their frames
   */
  private record Pack(String key, long length, List<ChunkPlace> used) {
    long usedBytes() {
      return used.stream().mapToLong(ChunkPlace::storedLength).sum();
    }
  }

  /**
   * Compacts those of these packs that are sparse, until a new pack is full. Each pack that it has
   * looked at is no longer listed as sparse, unless it still has other chunks.
   *
   * @param packs in the order to take
   * @param below a pack is sparse if less than this fraction of its bytes is used
   * @param deleteAfter when the old packs may be deleted
   * @return the number of bytes that become free, 0 if no pack was sparse
   * @throws IOException if the blob store or the database fails; then the chunks stay where they
   *     are
   */
  public long run(List<String> packs, double below, Instant deleteAfter) throws IOException {
    List<Pack> sparse = new ArrayList<>();
    List<String> others = new ArrayList<>();
    long used = 0;
    for (String key : packs) {
      Pack pack = look(key);
      if (pack.used().isEmpty() || pack.usedBytes() >= below * pack.length()) {
        others.add(key);
      } else if (used < store.policy().packBytes()) {
        sparse.add(pack);
        used += pack.usedBytes();
      }
    }
    if (!others.isEmpty()) {
      collection.removeSparse(others);
    }
    if (sparse.isEmpty()) {
      return 0;
    }
    collection.removeSparse(sparse.stream().map(Pack::key).toList());
    copy(sparse, deleteAfter);
    return sparse.stream().mapToLong(Pack::length).sum() - used;
  }

  private Pack look(String key) throws IOException {
    OptionalLong length = store.blobs().find(key);
    return new Pack(
        key, length.orElse(0), length.isEmpty() ? List.of() : collection.findUsedInPack(key));
  }

  private void copy(List<Pack> packs, Instant deleteAfter) throws IOException {
    List<Moved> moved = new ArrayList<>();
    String key = Packer.newKey();
    try (Spool spool = store.blobs().spool()) {
      long length = 0;
      for (Pack pack : packs) {
        length = copy(pack, spool, length, moved);
      }
      if (moved.isEmpty()) {
        return;
      }
      spool.commit(key);
    }
    if (collection.move(moved, key, deleteAfter) == 0) {
      store.blobs().delete(key);
    }
  }

  /** Appends the frames of a pack. Returns the new length. Leaves damaged frames where they are. */
  private long copy(Pack pack, Spool spool, long before, List<Moved> moved) throws IOException {
    long length = before;
    long position = pack.used().get(0).offset();
    byte[] frame = new byte[0];
    try (InputStream in = store.blobs().open(pack.key(), position, end(pack.used()) - position)) {
      for (ChunkPlace place : pack.used()) {
        in.skipNBytes(place.offset() - position);
        frame = RunsInputStream.sized(frame, place.storedLength());
        if (in.readNBytes(frame, 0, place.storedLength()) < place.storedLength()) {
          throw new BlobLostException(pack.key(), "it ended early");
        }
        position = place.offset() + place.storedLength();
        if (FrameCrc.of(frame, place.storedLength()) == place.frameCrc()) {
          spool.write(frame, 0, place.storedLength());
          moved.add(new Moved(place, length));
          length += place.storedLength();
        } else {
          LOG.log(
              Level.ERROR,
              "chunk is damaged, its NARs will be fetched again key={0} offset={1}",
              pack.key(),
              Long.toString(place.offset()));
          store.database().chunks().condemn(place);
        }
      }
    } catch (BlobLostException lost) {
      LOG.log(Level.ERROR, "pack is lost key={0} reason={1}", pack.key(), lost.getMessage());
      store.database().chunks().condemnPack(pack.key());
      moved.removeIf(chunk -> chunk.old().pack().equals(pack.key()));
    }
    return length;
  }

  private static long end(List<ChunkPlace> places) {
    ChunkPlace last = places.get(places.size() - 1);
    return last.offset() + last.storedLength();
  }
}
