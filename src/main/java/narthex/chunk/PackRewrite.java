package narthex.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import narthex.blob.BlobLostException;
import narthex.blob.Spool;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.db.CollectionTable.Moved;
import narthex.stream.CorruptEncodingException;
import narthex.stream.FrameDecoder;
import narthex.stream.ZstdFrames;
import org.jspecify.annotations.Nullable;

/**
 * Writes chunks of other packs to a new pack. Not thread-safe.
 *
 * <h2>How</h2>
 *
 * While there is time, chunks are compressed again at the level, in groups of up to {@link
 * #GROUP_BYTES}, because a frame of one chunk is too short to be small. A chunk stays in its own
 * frame if compressing it again wouldn't give the same frame. Without a level, without time, and
 * from a pack that is dense already, stored frames are copied as they are; only of a group with
 * unused chunks the used ones are compressed again. A group has chunks of one pack only, because
 * those are mostly of one NAR, so that clients can get its frame as it is.
 */
final class PackRewrite implements Closeable {
  private static final System.Logger LOG = System.getLogger(PackRewrite.class.getName());

  /**
   * Most bytes of a group, unless one chunk is longer. Readers of a chunk decode its whole group.
   * In frames of 256 KiB, 1 MiB and 4 MiB, a tree at level 19 is 1.15, 1.08 and 1.03 times as long
   * as in one frame; see src/bench/README.md.
   */
  static final int GROUP_BYTES = 1 << 20;

  private final ChunkStore store;
  private final String key = Packer.newKey();
  private final Spool spool;
  private final OptionalInt level;
  private final BooleanSupplier mayCompress;
  private final FrameDecoder decoder = new FrameDecoder();
  private final ZstdFrames usual = new ZstdFrames();
  private final ZstdFrames encoder;
  private final List<Moved> moved = new ArrayList<>();
  private final List<ChunkPlace> members = new ArrayList<>();
  private byte[] frame = new byte[0];
  private byte[] decoded = new byte[0];
  private byte[] encoded = new byte[0];
  private byte[] group = new byte[GROUP_BYTES];
  private int groupLength;
  private long length;

  /** Whether the new pack has no frame that may become smaller at the level. */
  private boolean isDense;

  /**
   * Begins a pack. The caller closes this.
   *
   * @param level the level of zstd; empty to copy frames as they are
   * @param mayCompress asked before each frame whether there is time to compress it at the level
   */
  PackRewrite(ChunkStore store, OptionalInt level, BooleanSupplier mayCompress) throws IOException {
    this.store = store;
    this.level = level;
    this.mayCompress = mayCompress;
    this.isDense = level.isPresent();
    this.spool = store.blobs().spool();
    this.encoder = level.isPresent() ? new ZstdFrames(level.getAsInt()) : new ZstdFrames();
  }

  /**
   * Adds the used chunks of a pack, at least one. Leaves damaged ones where they are, and condemns
   * them. Reads the pack from where it is stored: a local copy would be of no use afterwards.
   *
   * @param goesOn asked before each frame
   * @return false if it ended early because {@code goesOn} returned false
   */
  boolean add(PackCompaction.Pack pack, BooleanSupplier goesOn) throws IOException {
    List<ChunkPlace> used = pack.used();
    ChunkPlace last = used.get(used.size() - 1);
    long position = used.get(0).offset();
    long end = last.offset() + last.packedLength();
    try (InputStream in = store.blobs().direct().open(pack.key(), position, end - position)) {
      for (int from = 0, to; from < used.size(); from = to) {
        if (!goesOn.getAsBoolean()) {
          return false;
        }
        ChunkPlace first = used.get(from);
        for (to = from + 1; to < used.size() && used.get(to).isTogetherWith(first); to++) {
          // counts the used chunks of the frame
        }
        in.skipNBytes(first.offset() - position);
        frame = RunsInputStream.sized(frame, first.packedLength());
        if (in.readNBytes(frame, 0, first.packedLength()) < first.packedLength()) {
          throw new BlobLostException(pack.key(), "it ended early");
        }
        position = first.offset() + first.packedLength();
        addFrame(used.subList(from, to), pack);
      }
      endGroup();
    } catch (BlobLostException lost) {
      LOG.log(Level.ERROR, "pack is lost key={0} reason={1}", pack.key(), lost.getMessage());
      store.database().chunks().condemnPack(pack.key());
      moved.removeIf(chunk -> chunk.old().pack().equals(pack.key()));
      members.clear();
      groupLength = 0;
    }
    return true;
  }

  private void addFrame(List<ChunkPlace> used, PackCompaction.Pack pack) throws IOException {
    ChunkPlace first = used.get(0);
    if (FrameCrc.of(frame, first.packedLength()) != first.packedCrc()) {
      condemn(used);
      return;
    }
    boolean isWhole = used.stream().mapToInt(ChunkPlace::length).sum() == first.packedBytes();
    if (isWhole && (pack.isDense() || !isAtLevel())) {
      isDense &= pack.isDense();
      copy(used);
      return;
    }
    decoded = RunsInputStream.sized(decoded, first.packedBytes());
    try {
      decoder.decode(frame, first.packedLength(), decoded, first.packedBytes());
    } catch (CorruptEncodingException neverRight) {
      condemn(used);
      return;
    }
    if (first.group() == null && !isMadeAgain(first)) {
      copy(used);
      return;
    }
    for (ChunkPlace place : used) {
      addToGroup(place);
    }
  }

  /** Returns whether the next frame is compressed at the level. */
  private boolean isAtLevel() {
    return level.isPresent() && mayCompress.getAsBoolean();
  }

  private void condemn(List<ChunkPlace> damaged) throws IOException {
    for (ChunkPlace place : damaged) {
      LOG.log(
          Level.ERROR,
          "chunk is damaged, its NARs will be fetched again key={0} offset={1}",
          place.pack(),
          Long.toString(place.offset()));
      store.database().chunks().condemn(place);
    }
  }

  /** Returns whether compressing the decoded chunk again gives its frame. */
  private boolean isMadeAgain(ChunkPlace place) throws IOException {
    encoded = RunsInputStream.sized(encoded, ZstdFrames.largestFrame(place.length()));
    int made = usual.encode(decoded, 0, place.length(), encoded, 0);
    return Arrays.equals(frame, 0, place.storedLength(), encoded, 0, made);
  }

  /** Copies a stored frame. */
  private void copy(List<ChunkPlace> used) throws IOException {
    endGroup();
    used.forEach(place -> moved.add(new Moved(place, moved(place, place.group()))));
    write(frame, used.get(0).packedLength());
  }

  private ChunkPlace moved(ChunkPlace old, @Nullable ChunkGroup now) {
    return new ChunkPlace(
        old.number(),
        old.hash(),
        key,
        length,
        old.storedLength(),
        old.length(),
        old.frameCrc(),
        now);
  }

  private void write(byte[] bytes, int count) throws IOException {
    spool.write(bytes, 0, count);
    length += count;
  }

  private void addToGroup(ChunkPlace place) throws IOException {
    if (groupLength + place.length() > GROUP_BYTES) {
      endGroup();
    }
    group = RunsInputStream.sized(group, place.length()); // an empty group if it's longer
    System.arraycopy(decoded, place.at(), group, groupLength, place.length());
    groupLength += place.length();
    members.add(place);
  }

  private void endGroup() throws IOException {
    if (members.isEmpty()) {
      return;
    }
    encoded = RunsInputStream.sized(encoded, ZstdFrames.largestFrame(groupLength));
    boolean isAtLevel = isAtLevel();
    isDense &= isAtLevel;
    int stored = (isAtLevel ? encoder : usual).encode(group, 0, groupLength, encoded, 0);
    int crc = FrameCrc.of(encoded, stored);
    int at = 0;
    for (ChunkPlace place : members) {
      ChunkGroup now = new ChunkGroup(stored, groupLength, crc, at);
      moved.add(new Moved(place, moved(place, now)));
      at += place.length();
    }
    write(encoded, stored);
    members.clear();
    groupLength = 0;
  }

  /** Returns the length of the new pack in bytes. */
  long length() {
    return length;
  }

  /**
   * Stores the new pack and the new places of its chunks; does nothing if it has none.
   *
   * @param deleteAfter when the old packs may be deleted
   */
  void commit(Instant deleteAfter) throws IOException {
    if (moved.isEmpty()) {
      return;
    }
    spool.commit(key);
    OptionalInt reached = isDense ? level : OptionalInt.empty();
    if (store.database().collection().move(moved, key, reached, deleteAfter) == 0) {
      store.blobs().delete(key);
    }
  }

  @Override
  public void close() throws IOException {
    try (spool;
        decoder;
        usual) {
      encoder.close();
    }
  }
}
