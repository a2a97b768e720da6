package narthex.chunk;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import narthex.db.ChunkPlace;
import narthex.nix.Sha256;

/**
 * The packs that one NAR refers to beside its own. Rows may outlive their pack, by the hand of
 * somebody or the death of a disk; a NAR that is fetched to heal that must not rely on them again.
 * So each pack is looked for once, which costs no reading. What its bytes are is not looked at. For
 * one thread.
 */
final class KnownPacks {
  private static final System.Logger LOG = System.getLogger(KnownPacks.class.getName());

  private final ChunkStore store;

  /** By key: the length, 0 where there is none. */
  private final Map<String, Long> lengths = new HashMap<>();

  KnownPacks(ChunkStore store) {
    this.store = store;
  }

  /**
   * Those of the chunks whose pack is there and long enough; all chunks of any other are condemned.
   *
   * @throws IOException if that cannot be told, or recorded
   */
  Map<Sha256, ChunkPlace> readable(Map<Sha256, ChunkPlace> found) throws IOException {
    Map<Sha256, ChunkPlace> readable = new HashMap<>();
    for (ChunkPlace place : found.values()) {
      if (length(place.pack()) >= place.offset() + place.storedLength()) {
        readable.put(place.hash(), place);
      } else if (store.database().chunks().condemnPack(place.pack())) {
        LOG.log(Level.ERROR, "pack is lost, its chunks are written anew key={0}", place.pack());
      }
    }
    return readable;
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
