package narthex.chunk;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Spool;
import narthex.chunk.GrowingChunks.Place;
import narthex.db.ChunkPlace;
import org.jspecify.annotations.Nullable;

/**
 * Reads the stored frames of a NAR that is being cut, for one reader. The caller must not ask for
 * bytes that aren't written. Holds one stored frame and one open pack. Not thread-safe.
 *
 * <p>A frame may turn out to be lost: its pack was damaged, or deleted after another writer had
 * stored the NAR or after compaction. {@link #recover} then finds where to go on.
 */
final class GrowingPacks implements Closeable {
  private final GrowingChunks chunks;
  private final BlobStore blobs;
  private byte[] frame = new byte[0];
  private OpenPack pack = OpenPack.NONE;

  /** The place of the chunk whose frame was read last, or could not be read. */
  private @Nullable ChunkPlace tried;

  /**
   * An open pack.
   *
   * @param at offset of the next byte
   * @param end offset at which the stream ends
   */
  private record OpenPack(String key, InputStream in, long at, long end) {
    static final OpenPack NONE = new OpenPack("", InputStream.nullInputStream(), 0, 0);

    boolean isAt(ChunkPlace place) {
      return key.equals(place.pack()) && at == place.offset() && place.packedLength() <= end - at;
    }
  }

  /** Opens the stored NAR. */
  interface Opener {
    /** Opens it at the offset; the caller closes the stream. */
    InputStream open() throws IOException;
  }

  GrowingPacks(GrowingChunks chunks, BlobStore blobs) {
    this.chunks = chunks;
    this.blobs = blobs;
  }

  /** Returns the chunk that contains this byte of the NAR, and where it is stored now. */
  Place at(long narOffset) {
    return chunks.at(narOffset);
  }

  /** Returns that chunk and those after it whose frames directly follow, like {@link #at}. */
  List<ChunkPlace> run(long narOffset) {
    return chunks.run(narOffset).stream().map(Place::chunk).toList();
  }

  /**
   * Reads the stored frame of the chunk that contains this byte of the NAR; {@link #frame} returns
   * it.
   *
   * @return the chunk, with the place from which its frame was read
   * @throws BlobLostException if its pack is gone
   */
  Place read(long narOffset) throws IOException {
    Place place = open(narOffset);
    int length = place.chunk().packedLength();
    frame = RunsInputStream.sized(frame, length);
    for (int read = 0; read < length; ) {
      int count = pack.in().read(frame, read, length - read);
      if (count < 0) {
        throw new EOFException("a pack ended within a frame");
      }
      read += count;
    }
    pack = new OpenPack(pack.key(), pack.in(), pack.at() + length, pack.end());
    return place;
  }

  /** Returns an array that starts with the frame that was read last; unchanged until then. */
  byte[] frame() {
    return frame;
  }

  /** Opens the pack at the frame of the chunk that contains this byte. */
  private Place open(long narOffset) throws IOException {
    Place place = chunks.at(narOffset);
    tried = place.chunk();
    if (pack.isAt(place.chunk())) {
      return place;
    }
    close();
    Spool writing = place.writing();
    if (writing != null) {
      long offset = place.chunk().offset();
      try {
        InputStream in = writing.openWritten(offset);
        pack = new OpenPack(place.chunk().pack(), in, offset, Long.MAX_VALUE);
        return place;
      } catch (IOException e) {
        if (chunks.at(narOffset).writing() != null) {
          throw e;
        } // otherwise it was committed in the meantime
      }
    }
    return openBlob(chunks.run(narOffset));
  }

  /** Opens the pack of the first of these chunks, to read the frames of all. */
  private Place openBlob(List<Place> run) throws IOException {
    Place first = run.get(0); // another reader may have found it elsewhere meanwhile
    ChunkPlace chunk = first.chunk();
    tried = chunk;
    long length = ChunkPlace.packedLength(run.stream().map(Place::chunk).toList());
    InputStream in = blobs.open(chunk.pack(), chunk.offset(), length);
    pack = new OpenPack(chunk.pack(), in, chunk.offset(), chunk.offset() + length);
    return first;
  }

  /**
   * Finds where to go on after the frame that was read last turned out to be lost or damaged.
   *
   * @param narOffset a byte of its chunk
   * @return the stored NAR; empty if the chunk is in another pack now and can be read again
   * @throws ChunkLostException if it isn't
   * @throws NarDroppedException if the NAR was stored and dropped again
   */
  Optional<ChunkedManifest> recover(long narOffset, IOException lost) throws IOException {
    // Not where it is now: another reader may have found it there already.
    ChunkPlace place = Objects.requireNonNull(tried, "nothing was read");
    close();
    Optional<ChunkedManifest> stored = chunks.stored();
    if (stored.isEmpty() && !(lost instanceof BlobLostException && findMoved(place, narOffset))) {
      throw ChunkLostException.at(place, lost);
    }
    return stored;
  }

  private boolean findMoved(ChunkPlace place, long narOffset) throws IOException {
    try {
      return chunks.findMoved(place);
    } catch (NarDroppedException dropped) {
      throw dropped.at(narOffset);
    }
  }

  /** Opens the stored NAR. Missing rows mean that it was dropped again. */
  static InputStream openStored(long narOffset, Opener opener) throws IOException {
    try {
      return opener.open();
    } catch (ChunkLostException lost) {
      if (lost.place().isEmpty()) {
        throw new NarDroppedException(String.valueOf(lost.getMessage()), narOffset);
      }
      throw lost;
    }
  }

  /** Closes the open pack; another read opens one again. */
  @Override
  public void close() throws IOException {
    InputStream in = pack.in();
    pack = OpenPack.NONE;
    in.close();
  }
}
