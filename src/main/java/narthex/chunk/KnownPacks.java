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
 * The packs that one NAR refers to beside its own. Rows may outlive their pack, by the hand of
 * somebody or the death of a disk; a NAR that is fetched to heal that must not rely on them again.
 * So each pack is looked for once, which costs no reading. What its bytes are is looked at only
 * where some turned out damaged before. For one thread.
 */
final class KnownPacks {
  private static final System.Logger LOG = System.getLogger(KnownPacks.class.getName());

  /** How close. */
  enum Look {
    /** Whether packs are there, and long enough. */
    AT_LENGTHS,
    /** At every frame, too, which reads it. */
    AT_FRAMES
  }

  private final ChunkStore store;
  private final Look look;

  /** By key: the length, 0 where there is none. */
  private final Map<String, Long> lengths = new HashMap<>();

  private final Set<String> lost = new HashSet<>();

  KnownPacks(ChunkStore store, Look look) {
    this.store = store;
    this.look = look;
  }

  /**
   * Those of the chunks whose pack is there and long enough; all chunks of any other are condemned,
   * and so is each one that is looked at and damaged.
   *
   * @throws IOException if that cannot be told, or recorded
   */
  Map<Sha256, ChunkPlace> readable(Map<Sha256, ChunkPlace> found) throws IOException {
    Map<Sha256, ChunkPlace> readable = new HashMap<>();
    for (ChunkPlace place : found.values()) {
      if (length(place.pack()) >= place.offset() + place.storedLength()) {
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
    try (InputStream in = store.blobs().open(place.pack(), place.offset(), place.storedLength())) {
      frame = in.readNBytes(place.storedLength());
    }
    boolean isSound =
        frame.length == place.storedLength()
            && FrameCrc.of(frame, frame.length) == place.frameCrc();
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
