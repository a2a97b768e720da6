package narthex.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.HotBytes;
import narthex.blob.Manifest;
import narthex.db.ChunkPlace;
import narthex.db.ChunkTable;
import narthex.nix.NarId;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * A NAR that is stored as chunks. {@link #open} decodes the chunks; {@link #openFrames} returns the
 * frames as stored, which together are one zstd file of the NAR.
 *
 * <p>Rows are read on demand, and neighbouring frames of a pack with one ranged read, so memory
 * doesn't grow with the NAR. A chunk that surely is missing or damaged causes a {@link
 * ChunkLostException}. A stream that failed once fails at every further read. No stream ends early.
 * Thread-safe; the opened streams aren't.
 */
public final class ChunkedManifest implements Manifest {
  private final ChunkTable chunks;
  private final BlobStore blobs;
  private final NarId nar;
  private final long framesLength;
  private final @Nullable HotBytes hot;
  private volatile @Nullable ChunkWalk start;

  /** What is cached of a NAR. */
  private enum Form {
    DECODED,
    FRAMES,
    STORED_FRAMES
  }

  /** Manifests are compared by identity, so a NAR that is stored again is read again. */
  private record Hot(ChunkedManifest manifest, Form form) {}

  /**
   * Creates the manifest; reads nothing.
   *
   * @param framesLength the length of all frames together, in bytes
   */
  public ChunkedManifest(ChunkTable chunks, BlobStore blobs, NarId nar, long framesLength) {
    this(chunks, blobs, nar, framesLength, null);
  }

  /**
   * Creates the manifest; reads nothing.
   *
   * @param hot caches the bytes if the NAR is small; null for none
   */
  public ChunkedManifest(
      ChunkTable chunks, BlobStore blobs, NarId nar, long framesLength, @Nullable HotBytes hot) {
    this.hot = hot;
    this.chunks = chunks;
    this.blobs = blobs;
    this.nar = nar;
    this.framesLength = framesLength;
  }

  /** Returns the length of the NAR, in bytes. */
  @Override
  public OptionalLong length() {
    return OptionalLong.of(nar.sizeBytes());
  }

  /** Returns the length of all frames together, in bytes. */
  public long framesLength() {
    return framesLength;
  }

  @Override
  public void awaitComplete(Watch watch) {}

  @Override
  public boolean isComplete() {
    return true;
  }

  /**
   * Checks that the pack of the first chunk exists and is long enough, without reading it. Keeps
   * the rows that it has read for the next check and for streams, until the chunk isn't in that
   * pack any more.
   *
   * @throws ChunkLostException if the chunk surely is missing
   * @throws IOException if the database or the blob store fails
   */
  public void requireStart() throws IOException {
    ChunkWalk known = start;
    if (known != null && isThere(known.peek(), findToRead(known.peek()))) {
      return;
    }
    ChunkWalk walk = ChunkWalk.ofNar(chunks, nar, 0);
    if (!walk.hasNext()) {
      throw ChunkLostException.ofRows("nar %s has no chunks".formatted(nar.hash().nix32()));
    }
    ChunkPlace first = walk.peek();
    OptionalLong pack = findToRead(first);
    if (!isThere(first, pack)) {
      String reason = pack.isEmpty() ? "not in the blob store" : "length is " + pack.getAsLong();
      throw ChunkLostException.at(first, new BlobLostException(first.pack(), reason));
    }
    start = walk;
  }

  private OptionalLong findToRead(ChunkPlace place) throws IOException {
    return blobs.findToRead(place.pack(), place.offset());
  }

  private static boolean isThere(ChunkPlace place, OptionalLong pack) {
    return pack.orElse(0) >= place.offset() + place.packedLength();
  }

  /**
   * Returns how many bytes a stream of this NAR holds for groups of chunks; 0 if its first chunk
   * isn't in a group. Call it after {@link #requireStart}.
   */
  public long groupBytes() {
    ChunkWalk known = start;
    return known == null || known.peek().group() == null ? 0 : 2 * PackRewrite.GROUP_BYTES;
  }

  /** Returns the estimated memory of the kept rows, in bytes. */
  public int memoryBytes() {
    ChunkWalk known = start;
    return known == null ? 0 : known.memoryBytes();
  }

  /**
   * Opens the NAR at an offset. The caller closes the stream.
   *
   * @throws IllegalArgumentException if the offset is negative or beyond the end
   * @throws NarDroppedException if the NAR was dropped since {@link #requireStart}
   * @throws ChunkLostException if the chunk at the offset surely is missing or damaged
   */
  @Override
  public InputStream open(long from) throws IOException {
    return open(from, new Seek());
  }

  /**
   * Returns the NAR for one reader, who opens it again and again, each time a little further on.
   */
  public DecoderShare.Source decoded() {
    Seek seek = new Seek();
    return from -> open(from, seek);
  }

  /** Returns the frames of {@link #openFrames} for one reader, like {@link #decoded}. */
  public DecoderShare.Source frames() {
    Seek seek = new Seek();
    return from -> openFrames(from, seek);
  }

  /**
   * The chunk at which a reader began last, so that the rows before it needn't be read again. For
   * one thread.
   */
  static final class Seek {
    private ChunkWalk.@Nullable Position position;

    /** Offset of the chunk in what is read. */
    private long at;

    void begin(ChunkWalk walk, long offset) throws IOException {
      position = walk.hasNext() ? walk.position() : null;
      at = offset;
    }
  }

  private InputStream open(long from, Seek seek) throws IOException {
    check(from, nar.sizeBytes());
    if (from == nar.sizeBytes()) {
      return InputStream.nullInputStream();
    }
    HotBytes cache = hot;
    return cache != null && nar.sizeBytes() <= HotBytes.MOST_BYTES
        ? cache.open(new Hot(this, Form.DECODED), from, () -> openStored(0, seek))
        : openStored(from, seek);
  }

  private InputStream openStored(long from, Seek seek) throws IOException {
    Optional<ChunkWalk> again = walkAgain(from, seek);
    ChunkWalk walk = again.isPresent() ? again.get() : walkFrom(from);
    long skip = from - walk.narOffset();
    while (walk.hasNext() && walk.peek().length() <= skip) {
      skip -= walk.peek().length();
      walk.pass();
    }
    seek.begin(walk, from - skip);
    return new ChunksInputStream(blobs, walk, (int) skip, nar.sizeBytes() - from);
  }

  /**
   * Opens the concatenated frames at an offset. The caller closes the stream. Nothing is decoded; a
   * damaged frame makes the read fail before any byte of it is returned.
   *
   * @throws IllegalArgumentException if the offset is negative or beyond the end
   * @throws NarDroppedException if the NAR was dropped since {@link #requireStart}
   * @throws ChunkLostException if the frame at the offset surely is missing or damaged, or if the
   *     frames don't have the recorded length
   */
  public InputStream openFrames(long from) throws IOException {
    return openFrames(from, new Seek());
  }

  private InputStream openFrames(long from, Seek seek) throws IOException {
    check(from, framesLength);
    if (from == framesLength) {
      return InputStream.nullInputStream();
    }
    HotBytes cache = hot;
    return cache != null && framesLength <= HotBytes.MOST_BYTES
        ? cache.open(new Hot(this, Form.FRAMES), from, () -> openStoredFrames(0, seek))
        : openStoredFrames(from, seek);
  }

  private InputStream openStoredFrames(long from, Seek seek) throws IOException {
    ChunkWalk.Position last = seek.position;
    Optional<ChunkWalk> again = walkAgain(from, seek);
    ChunkWalk walk;
    long skip;
    if (again.isPresent()) {
      walk = again.get();
      skip = from - seek.at;
    } else if (last != null && from >= seek.at) {
      // A NAR that was stored anew may have other frames.
      throw new NarDroppedException("its chunks are others", last.narOffset());
    } else {
      walk = from == 0 ? walkFrom(0) : walkTo(() -> ChunkWalk.ofFrames(chunks, nar, from));
      skip = from - walk.part().framesOffset();
      if (skip > 0) {
        walk.requireFrameLengths();
      }
    }
    while (walk.hasNext() && walk.peek().storedLength() <= skip) {
      skip -= walk.peek().storedLength();
      walk.pass();
    }
    seek.begin(walk, from - skip);
    return new FramesInputStream(blobs, walk, (int) skip, framesLength - from);
  }

  /**
   * Opens the frames as they are stored at this moment: a group of chunks that were compressed
   * again is one frame, if this NAR has all of them in order. So the bytes and their number may
   * differ from one time to the next, and only the NAR that they decode to stays the same. If the
   * NAR is dropped, a read fails between two frames. The caller closes the stream.
   *
   * @throws ChunkLostException if the first frame surely is missing or damaged
   */
  public InputStream openStoredFrames() throws IOException {
    HotBytes.Opener stored = () -> new FramesInputStream(blobs, walkFrom(0));
    HotBytes cache = hot;
    return cache != null && framesLength <= HotBytes.MOST_BYTES
        ? cache.open(new Hot(this, Form.STORED_FRAMES), 0, stored)
        : stored.open();
  }

  /**
   * Returns the frames of {@link #openStoredFrames} for one reader, who may close them and open
   * them again where the last stream was left: the bytes go on then as they began, or opening
   * fails. The result is for one thread, but another one may close a stream.
   */
  public DecoderShare.Source storedFrames() {
    return new StoredFramesSource(this);
  }

  /**
   * Opens the frames as {@link #openStoredFrames} does, from the one on that begins at an offset of
   * the NAR.
   *
   * @throws NarDroppedException with this offset, if the NAR was dropped, or no chunk begins there:
   *     then it was stored with other chunks
   * @throws ChunkLostException if the first frame surely is missing or damaged
   */
  public InputStream openStoredFramesFrom(long narOffset) throws IOException {
    return openStoredFramesFrom(narOffset, new Seek());
  }

  /** Opens them like the other method, for a reader who opens them again a little further on. */
  InputStream openStoredFramesFrom(long narOffset, Seek seek) throws IOException {
    check(narOffset, nar.sizeBytes());
    if (narOffset == nar.sizeBytes()) {
      return InputStream.nullInputStream();
    }
    try {
      Optional<ChunkWalk> again = walkAgain(narOffset, seek);
      ChunkWalk walk = again.isPresent() ? again.get() : walkFrom(narOffset);
      if (walk.narOffset() > 0) {
        walk.readMany(); // else it might take the first group for an incomplete one
      }
      while (walk.hasNext() && walk.narOffset() < narOffset) {
        walk.pass();
      }
      if (walk.narOffset() != narOffset) {
        throw new NarDroppedException("no chunk begins at " + narOffset, narOffset);
      }
      seek.begin(walk, narOffset);
      return new FramesInputStream(blobs, walk);
    } catch (NarDroppedException dropped) { // on the way there, or after it
      throw dropped.at(narOffset);
    }
  }

  /** Begins where a reader began last; empty if that isn't known, or is another chunk now. */
  private Optional<ChunkWalk> walkAgain(long from, Seek seek) throws IOException {
    ChunkWalk.Position position = seek.position;
    if (position == null || from < seek.at) {
      return Optional.empty();
    }
    ChunkWalk known = start;
    if (known != null && position.partFrom() == 0) {
      ChunkWalk walk = new ChunkWalk(known);
      if (walk.passTo(position)) {
        return Optional.of(walk);
      }
    }
    return ChunkWalk.at(chunks, nar, position);
  }

  private ChunkWalk walkFrom(long from) throws IOException {
    ChunkWalk known = start;
    return known != null && from < known.part().length()
        ? new ChunkWalk(known)
        : walkTo(() -> ChunkWalk.ofNar(chunks, nar, from));
  }

  /** Begins a walk at a part. */
  private interface Beginning {
    ChunkWalk begin() throws IOException;
  }

  /** Begins a walk. A missing part is no damage if the NAR was dropped since its start was read. */
  private ChunkWalk walkTo(Beginning part) throws IOException {
    try {
      return part.begin();
    } catch (ChunkLostException missing) {
      ChunkWalk known = start;
      if (known != null) {
        known.requireStored(missing);
      }
      throw missing;
    }
  }

  private static void check(long from, long length) {
    if (from < 0 || from > length) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "offset %d outside 0..%d", from, length));
    }
  }
}
