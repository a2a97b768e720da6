package narthex.chunk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.FrameReader;
import narthex.chunk.GrowingChunks.Place;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a NAR that is being cut, each as it is stored. Of chunks that were compressed again
 * as a group, the frame of the group if all its chunks have come in order, else the own frame of
 * each, made again. The CRC of a stored frame is verified before it is given. Not thread-safe.
 *
 * <p>If a chunk turns out to be lost, the rest is read from the stored NAR, or the chunk from its
 * new pack, if there is one, else the read fails with a {@link ChunkLostException}.
 */
final class GrowingFrames implements FrameReader {
  private final GrowingPacks packs;
  private @Nullable ChunkPlace taken;
  private @Nullable GroupFrames groups;

  GrowingFrames(GrowingChunks chunks, BlobStore blobs) {
    this.packs = new GrowingPacks(chunks, blobs);
  }

  @Override
  public Next read(long from) throws IOException {
    try {
      return readNext(from);
    } catch (BlobLostException | DamagedFrameException lost) {
      Optional<ChunkedManifest> stored = packs.recover(from, lost);
      return stored.isEmpty()
          ? read(from)
          : new Rest(GrowingPacks.openStored(from, () -> stored.get().openStoredFramesFrom(from)));
    }
  }

  private Next readNext(long from) throws IOException {
    Place written = packs.at(from);
    if (written.narOffset() != from) {
      throw new NarDroppedException("no chunk begins at " + from, from);
    }
    ChunkPlace place = written.chunk();
    ChunkPlace last = taken;
    boolean isTaken = last != null && place.isTogetherWith(last);
    if (!isTaken) {
      taken = null;
      place = packs.read(from).chunk();
      if (FrameCrc.of(packs.frame(), place.packedLength()) != place.packedCrc()) {
        throw new DamagedFrameException();
      }
    }
    if (place.group() == null) {
      return frame(packs.frame(), place.packedLength(), place.length());
    }
    return isTaken ? ofGroup(place) : ofGroup(place, packs.run(from));
  }

  private Next ofGroup(ChunkPlace place, List<ChunkPlace> run) throws IOException {
    // Another reader may have found the chunk in another group since its frame was read.
    int whole = run.get(0).equals(place) ? FramesInputStream.wholeGroup(run) : 0;
    if (whole > 0) {
      int length = run.subList(0, whole).stream().mapToInt(ChunkPlace::length).sum();
      return frame(packs.frame(), place.packedLength(), length);
    }
    groups().take(place, packs.frame());
    taken = place;
    return ofGroup(place);
  }

  private Next ofGroup(ChunkPlace place) throws IOException {
    return frame(groups().frameOf(place), place.storedLength(), place.length());
  }

  private static Frame frame(byte[] bytes, int length, int narLength) {
    return new Frame(ByteBuffer.wrap(bytes, 0, length), narLength);
  }

  private GroupFrames groups() {
    GroupFrames known = groups;
    if (known == null) {
      known = new GroupFrames();
      groups = known;
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    GroupFrames open = groups;
    groups = null;
    try (open) {
      packs.close();
    }
  }

  /** A stored frame isn't as it was written. */
  private static final class DamagedFrameException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedFrameException() {
      super("its frame is damaged");
    }
  }
}
