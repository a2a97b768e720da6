package narthex.maintain;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.db.ChunkPlace;
import narthex.db.ChunkTable;
import narthex.db.FsckTable;
import narthex.db.NoSuchChunkException;
import narthex.maintain.Finding.Kind;

/**
 * Checks packs and their chunks: the pack exists and is long enough, no two chunks overlap, each
 * frame has its CRC and, if asked for, each chunk its hash. Reads each used frame once. For one
 * thread.
 *
 * <p>A chunk may move to another pack meanwhile. As rows change before blobs are deleted, a row
 * that is read after its blob was found wrong proves that it is wrong.
 */
final class CheckPacks implements FsckStep {
  private static final int CHUNKS_AT_ONCE = 500;

  /** Further attempts are needed only if the pack is deleted while it is read. */
  private static final int ATTEMPTS = 5;

  private final FsckTable rows;
  private final ChunkTable chunks;
  private final BlobStore blobs;
  private final Fsck.Depth depth;
  private final Repairs repairs;

  CheckPacks(Fsck.Store store, BlobStore blobs, Fsck.Depth depth, Repairs repairs) {
    this.rows = store.database().fsck();
    this.chunks = store.database().chunks();
    this.blobs = blobs;
    this.depth = depth;
    this.repairs = repairs;
  }

  @Override
  public String name() {
    return "packs";
  }

  @Override
  public List<String> find(String after, int most) throws IOException {
    return rows.findPacks(after, most);
  }

  @Override
  public List<Finding> look(String pack) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return lookOnce(pack);
      } catch (BlobLostException gone) {
        if (attempt == ATTEMPTS) {
          throw new IOException("the pack changes faster than it can be read", gone);
        }
      }
    }
  }

  private List<Finding> lookOnce(String pack) throws IOException {
    OptionalLong length = blobs.find(pack);
    List<ChunkPlace> page = rows.findInPack(pack, null, CHUNKS_AT_ONCE);
    if (page.isEmpty()) {
      return List.of(); // all its chunks have left
    }
    if (length.isEmpty()) {
      return List.of(new Finding(Kind.LOST_BLOB, "pack " + pack, () -> repairs.condemnPack(pack)));
    }
    List<Finding> findings = new ArrayList<>();
    long beyond = 0;
    long end = 0;
    ChunkPlace before = null;
    while (!page.isEmpty()) {
      List<ChunkPlace> readable = new ArrayList<>();
      for (ChunkPlace place : page) {
        if (place.offset() + place.packedLength() > length.getAsLong()) {
          beyond++;
        } else if (place.offset() < end && (before == null || !place.isTogetherWith(before))) {
          overlap(place).ifPresent(findings::add);
        } else {
          readable.add(place);
          end = place.offset() + place.packedLength();
          before = place;
        }
      }
      findings.addAll(read(pack, readable));
      page = rows.findInPack(pack, page.get(page.size() - 1), CHUNKS_AT_ONCE);
    }
    if (beyond > 0) {
      String what =
          String.format(
              Locale.ROOT,
              "pack %s: has %d bytes, %d chunks lie beyond",
              pack,
              length.getAsLong(),
              beyond);
      findings.add(new Finding(Kind.WRONG_LENGTH, what, () -> repairs.condemnPack(pack)));
    }
    return findings;
  }

  private Optional<Finding> overlap(ChunkPlace place) throws IOException {
    return isStill(place)
        ? Optional.of(
            new Finding(Kind.OVERLAPPING_CHUNKS, describe(place), () -> repairs.condemn(place)))
        : Optional.empty();
  }

  private List<Finding> read(String pack, List<ChunkPlace> places) throws IOException {
    if (places.isEmpty()) {
      return List.of();
    }
    List<Finding> findings = new ArrayList<>();
    ChunkPlace last = places.get(places.size() - 1);
    long position = places.get(0).offset();
    long end = last.offset() + last.packedLength();
    ChunkPlace before = null;
    try (FrameCheck frame = new FrameCheck(depth);
        InputStream in = blobs.open(pack, position, end - position)) {
      for (ChunkPlace place : places) {
        if (before == null || !place.isTogetherWith(before)) {
          in.skipNBytes(place.offset() - position);
          frame.take(in.readNBytes(place.packedLength()), place);
          position = place.offset() + place.packedLength();
        }
        before = place;
        if (frame.check(place).isPresent()) {
          confirm(place).ifPresent(findings::add);
        }
      }
    }
    return findings;
  }

  /** Looks at a chunk again, from its row on. Empty if it has moved or can be read now. */
  private Optional<Finding> confirm(ChunkPlace place) throws IOException {
    if (!isStill(place)) {
      return Optional.empty();
    }
    try (FrameCheck frame = new FrameCheck(depth);
        InputStream in = blobs.open(place.pack(), place.offset(), place.packedLength())) {
      frame.take(in.readNBytes(place.packedLength()), place);
      return frame
          .check(place)
          .map(kind -> new Finding(kind, describe(place), () -> repairs.condemn(place)));
    }
  }

  private boolean isStill(ChunkPlace place) throws IOException {
    try {
      return chunks.places(new long[] {place.number()}).get(0).equals(place);
    } catch (NoSuchChunkException removed) {
      return false;
    }
  }

  private static String describe(ChunkPlace place) {
    return String.format(
        Locale.ROOT, "pack %s at %d: chunk %s", place.pack(), place.offset(), place.hash().nix32());
  }
}
