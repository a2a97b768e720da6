package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import narthex.db.ChunkPlace;
import narthex.nix.Sha256;

/**
 * Checks already stored chunks before a new NAR refers to them. A pack may be lost although its
 * rows exist, for example after a disk failure; a NAR that is fetched again to repair this must not
 * refer to that pack. So each pack is looked up once, without reading it. Frames are read only if
 * some were found damaged before. Not thread-safe.
 */
final class KnownPacks {
  private static final System.Logger LOG = System.getLogger(KnownPacks.class.getName());

  /** What to check. */
  enum Look {
    /** That packs exist and are long enough. */
    AT_LENGTHS,
    /** Also the CRC of every frame, which reads it. */
    AT_FRAMES
  }

  private final ChunkStore store;
  private final Look look;

  /** Lengths of packs in bytes by key; 0 for a missing pack. */
  private final Map<String, Long> lengths = new HashMap<>();

  private final Set<String> lost = new HashSet<>();

  KnownPacks(ChunkStore store, Look look) {
    this.store = store;
    this.look = look;
  }

  /**
   * Returns those of the chunks that pass the check. If a pack is missing or too short, condemns
   * all its chunks. Condemns each damaged chunk.
   *
   * @throws IOException if the blob store or the database fails
   */
  Map<Sha256, ChunkPlace> readable(Map<Sha256, ChunkPlace> found) throws IOException {
    Map<Sha256, ChunkPlace> readable = new HashMap<>();
    for (ChunkPlace place : found.values()) {
      if (length(place.pack()) >= place.offset() + place.packedLength()) {
        if (look == Look.AT_LENGTHS || isSound(place)) {
          readable.put(place.hash(), place);
        }
      } else if (lost.add(place.pack())) {
        LOG.log(Level.ERROR, "pack is lost, writing its chunks again key={0}", place.pack());
        store.database().chunks().condemnPack(place.pack());
      }
    }
    return readable;
  }

  private boolean isSound(ChunkPlace place) throws IOException {
    byte[] frame;
    try (InputStream in = store.blobs().open(place.pack(), place.offset(), place.packedLength())) {
      frame = in.readNBytes(place.packedLength());
    }
    boolean isSound =
        frame.length == place.packedLength()
            && FrameCrc.of(frame, frame.length) == place.packedCrc();
    if (!isSound) {
      LOG.log(
          Level.ERROR,
          "chunk is damaged, writing it again key={0} offset={1}",
          place.pack(),
          Long.toString(place.offset()));
      store.database().chunks().condemn(place);
    }
    return isSound;
  }

  private long length(String pack) throws IOException {
    Long known = lengths.get(pack);
    if (known == null) {
      OptionalLong length = store.blobs().find(pack);
      known = length.orElse(0);
      lengths.put(pack, known);
    }
    return known;
  }
}
