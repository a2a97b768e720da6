package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Manifest;
import narthex.db.ChunkPlace;
import narthex.db.ChunkTable;
import narthex.nix.NarId;
import org.jspecify.annotations.Nullable;

/**
 * A NAR that is stored as chunks. Its bytes are decoded while they are read; its frames can be had
 * back to back, which is one zstd stream of the NAR.
 *
 * <p>Rows are read as a stream comes to them, and neighbouring frames of a pack by one ranged read:
 * memory does not grow with the NAR. Whatever surely is missing or damaged is a {@link
 * ChunkLostException}; a stream that failed goes on failing, and none ends early. Safe for use by
 * several threads; each opened stream belongs to one.
 */
public final class ChunkedManifest implements Manifest {
  private final ChunkTable chunks;
  private final BlobStore blobs;
  private final NarId nar;
  private final long framesLength;
  private volatile @Nullable ChunkWalk start;

  /**
   * @param framesLength the sum of the lengths of the frames in bytes
   */
  public ChunkedManifest(ChunkTable chunks, BlobStore blobs, NarId nar, long framesLength) {
    this.chunks = chunks;
    this.blobs = blobs;
    this.nar = nar;
    this.framesLength = framesLength;
  }

  /** The length of the NAR in bytes. */
  @Override
  public OptionalLong length() {
    return OptionalLong.of(nar.sizeBytes());
  }

  /** The sum of the lengths of the frames in bytes. */
  public long framesLength() {
    return framesLength;
  }

  @Override
  public void awaitComplete() {}

  @Override
  public boolean isComplete() {
    return true;
  }

  /**
   * Checks that the first chunk is there, without reading it. The rows that it reads for that are
   * kept: neither a stream nor another check reads them again, unless the chunk is gone from there.
   *
   * @throws ChunkLostException if it surely is not
   * @throws IOException if that cannot be told
   */
  public void requireStart() throws IOException {
    ChunkWalk known = start;
    if (known != null && isThere(known.peek(), blobs.find(known.peek().pack()))) {
      return;
    }
    ChunkWalk walk = ChunkWalk.ofNar(chunks, nar, 0);
    if (!walk.hasNext()) {
      throw ChunkLostException.ofRows("nar %s has no chunks".formatted(nar.hash().nix32()));
    }
    ChunkPlace first = walk.peek();
    OptionalLong pack = blobs.find(first.pack());
    if (!isThere(first, pack)) {
      String reason = pack.isEmpty() ? "not in the blob store" : "length is " + pack.getAsLong();
      throw ChunkLostException.at(first, new BlobLostException(first.pack(), reason));
    }
    start = walk;
  }

  private static boolean isThere(ChunkPlace place, OptionalLong pack) {
    return pack.orElse(0) >= place.offset() + place.storedLength();
  }

  /** The memory that the rows take which are kept, in bytes; a guess is enough for a bound. */
  public int memoryBytes() {
    ChunkWalk known = start;
    return known == null ? 0 : known.memoryBytes();
  }

  /** Opens the bytes of the NAR from byte {@code from} on; the caller closes the stream. */
  @Override
  public InputStream open(long from) throws IOException {
    check(from, nar.sizeBytes());
    if (from == nar.sizeBytes()) {
      return InputStream.nullInputStream();
    }
    ChunkWalk walk = walkFrom(from);
    long skip = from - walk.part().narOffset();
    while (walk.hasNext() && walk.peek().length() <= skip) {
      skip -= walk.peek().length();
      walk.pass();
    }
    return new ChunksInputStream(blobs, walk, (int) skip, nar.sizeBytes() - from);
  }

  /**
   * Opens the frames back to back, from their byte {@code from} on; the caller closes the stream.
   * Nothing is decoded; a frame that is not what was stored breaks the reading before its end.
   */
  public InputStream openFrames(long from) throws IOException {
    check(from, framesLength);
    if (from == framesLength) {
      return InputStream.nullInputStream();
    }
    ChunkWalk walk = from == 0 ? walkFrom(0) : ChunkWalk.ofFrames(chunks, nar, from);
    long skip = from - walk.part().framesOffset();
    if (skip > 0) {
      walk.requireFrameLengths();
    }
    while (walk.hasNext() && walk.peek().storedLength() <= skip) {
      skip -= walk.peek().storedLength();
      walk.pass();
    }
    return new FramesInputStream(blobs, walk, (int) skip, framesLength - from);
  }

  private ChunkWalk walkFrom(long from) throws IOException {
    ChunkWalk known = start;
    return known != null && from < known.part().length()
        ? new ChunkWalk(known)
        : ChunkWalk.ofNar(chunks, nar, from);
  }

  private static void check(long from, long length) {
    if (from < 0 || from > length) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "offset %d outside 0..%d", from, length));
    }
  }
}
