package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.FrameReader;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.blob.StoredManifest;
import narthex.blob.Written;
import narthex.ingest.StagedExtents.Run;
import narthex.nix.Compression;
import narthex.staging.StagedFlight;
import narthex.staging.StagedFlight.Form;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.SpanInputStream;
import org.jspecify.annotations.Nullable;

/**
 * What another replica stages of a NAR, read from the shared store.
 *
 * <h2>Problem</h2>
 *
 * The holder may be lost in the middle. Its bytes are not verified, and the bytes of whoever takes
 * over may differ. The readers must go on at their offset, but none may get a mixture of two NARs
 * that looks complete.
 *
 * <h2>How</h2>
 *
 * Readers see one manifest. {@link #continueWith} compares every staged byte with the successor's
 * before the manifest grows by the successor's bytes; it is complete when the successor is.
 *
 * <p>One thread adds; any number read. Thread-safe otherwise.
 */
final class StagedNar implements Written {
  private static final int BUFFER_BYTES = 64 << 10;

  private final BlobStore blobs;
  private final DecoderShare decoders;
  private final StagedFlight.Content content;
  private final GrowingManifest manifest;
  private final StagedExtents extents;
  private volatile @Nullable Manifest rest;

  /**
   * @param decoders memory for decoding chunks
   */
  StagedNar(BlobStore blobs, DecoderShare decoders, StagedFlight.Content content) {
    this.blobs = blobs;
    this.decoders = decoders;
    this.content = content;
    this.manifest = new GrowingManifest(this, content.length());
    // Chunks are read extent by extent, while the next one is announced.
    this.extents = new StagedExtents(content.form() == Form.CHUNKS ? 2 : Integer.MAX_VALUE);
  }

  /** The content. */
  StagedFlight.Content content() {
    return content;
  }

  /** Whether this content is the same representation of the NAR, if both are right. */
  boolean isSameAs(StagedFlight.Content other) {
    return content.form() == other.form()
        && (content.form() == Form.CHUNKS
            || (content.compression() == other.compression()
                && Objects.equals(content.fileHash(), other.fileHash())));
  }

  /** What readers see: the file, or for chunks the decoded NAR. */
  GrowingManifest manifest() {
    return manifest;
  }

  /** Adds the next extents of the holder. */
  void add(List<Extent> next) {
    manifest.grown(extents.add(next));
  }

  /**
   * Reports that the holder verified and stored all.
   *
   * @param stored the stored representation, from which the bytes after the staged ones are read;
   *     null if there is none any more
   * @return false, without a change, if bytes are missing
   */
  boolean stored(@Nullable Manifest stored) {
    long staged = extents.length();
    OptionalLong all = stored == null ? content.length() : stored.length();
    boolean isWhole =
        all.isPresent() && (stored == null ? all.getAsLong() == staged : all.getAsLong() >= staged);
    if (!isWhole) {
      return false;
    }
    rest = stored;
    manifest.grown(all.getAsLong() - staged);
    manifest.written();
    manifest.complete();
    return true;
  }

  /**
   * Goes on with the same content from another source, after the holder was lost. Returns when that
   * source is complete; the caller then calls {@link #keepReadable}.
   *
   * @throws IOException if the source fails, or differs from what was staged; the manifest has
   *     failed then
   */
  void continueWith(Manifest successor) throws IOException {
    try {
      long staged = extents.length();
      requireSame(successor, staged);
      rest = successor;
      long known = staged;
      if (successor instanceof GrowingManifest growing) {
        for (long next = growing.awaitByte(known); next > known; next = growing.awaitByte(known)) {
          manifest.grown(next - known);
          known = next;
        }
      }
      successor.awaitComplete(() -> {});
      manifest.grown(successor.length().orElseThrow() - known);
      manifest.written();
      manifest.complete();
    } catch (IOException e) {
      manifest.fail(e);
      throw e;
    }
  }

  private void requireSame(Manifest successor, long staged) throws IOException {
    byte[] ours = new byte[BUFFER_BYTES];
    byte[] theirs = new byte[BUFFER_BYTES];
    try (InputStream first = new StagedInputStream(0, Purpose.COMPARING, () -> {});
        InputStream second = successor.open(0)) {
      for (long left = staged; left > 0; ) {
        int count = (int) Math.min(left, BUFFER_BYTES);
        if (first.readNBytes(ours, 0, count) < count
            || second.readNBytes(theirs, 0, count) < count
            || !Arrays.equals(ours, 0, count, theirs, 0, count)) {
          throw new IOException("the NAR differs from what a lost replica staged");
        }
        manifest.checking();
        left -= count;
      }
    }
  }

  /** Sets where to read the bytes after the staged ones from now on. */
  void keepReadable(Manifest stored) {
    rest = stored;
  }

  /** Fails the readers, unless all is complete. */
  void fail(IOException reason) {
    manifest.fail(reason);
  }

  /** Opens the bytes; opens no blob before the first read. */
  @Override
  public InputStream openWritten(long from) {
    return openWritten(from, () -> {});
  }

  @Override
  public InputStream openWritten(long from, Manifest.Watch watch) {
    return new StagedInputStream(from, Purpose.SENDING, watch);
  }

  /** Reads the frames of staged chunks; opens no blob before the first read. */
  @Override
  public FrameReader openFrames(long from, Manifest.Watch watch) {
    if (content.form() != Form.CHUNKS) {
      throw new UnsupportedOperationException("a staged file has no frames of chunks");
    }
    return new StagedFrames(this, watch);
  }

  /** To verify them, as this replica doesn't know their CRCs yet. */
  @Override
  public boolean decodesFrames() {
    return true;
  }

  /** The extents that are staged so far. */
  StagedExtents extents() {
    return extents;
  }

  /** Opens the first extent of chunks as it is stored, and announces the next one. */
  InputStream openStored(Run run) throws IOException {
    Extent first = run.first();
    InputStream raw = blobs.open(first.blob(), first.offset(), first.storedLength());
    if (run.extents().size() > 1) {
      Extent next = run.extents().get(1);
      blobs.expect(next.blob(), next.offset(), next.storedLength());
    }
    return raw;
  }

  /** Opens the NAR elsewhere. */
  @FunctionalInterface
  interface Opening<T> {
    /** Opens it; the caller closes the result. */
    T open(Manifest other) throws IOException;
  }

  /** Opens what has the bytes after the staged ones. */
  <T> T openRest(Opening<T> opening) throws IOException {
    Manifest other = rest;
    if (other == null) {
      throw new IOException("the next byte isn't staged");
    }
    try {
      return opening.open(other);
    } catch (IOException e) {
      Manifest stored = rest;
      if (stored == null || stored == other) {
        throw e;
      }
      return opening.open(stored); // the spool of the other is gone, as the NAR is stored
    }
  }

  /**
   * Waits for {@link #openRest} after staged bytes could not be read. Their blobs may be gone,
   * because another writer stored the NAR first, or because a pack with chunks of other NARs was
   * rewritten since the holder looked them up: then it waits until the NAR is complete.
   *
   * @param watch called regularly during the wait
   * @throws IOException {@code lost}, or the failure of the NAR or of the watch
   */
  void awaitRest(IOException lost, Purpose purpose, Manifest.Watch watch) throws IOException {
    if (purpose == Purpose.SENDING && lost instanceof BlobLostException) {
      manifest.awaitComplete(watch);
    }
    if (rest == null || !manifest.isComplete()) {
      throw lost;
    }
  }

  /** What staged bytes are read for. */
  enum Purpose {
    /** A client. If a blob is lost before the NAR is complete, it waits for what is stored. */
    SENDING(Work.READING),
    /**
     * The comparison with a successor, for which clients wait. They may hold all memory of theirs
     * meanwhile, so it takes that of downloads.
     */
    COMPARING(Work.DOWNLOADS);

    private final Work work;

    Purpose(Work work) {
      this.work = work;
    }
  }

  /** For one thread; must not be read beyond what the manifest says is readable. */
  private final class StagedInputStream extends SpanInputStream {
    private final Purpose purpose;
    private final Manifest.Watch watch;
    private long position;
    private @Nullable InputStream in;

    StagedInputStream(long from, Purpose purpose, Manifest.Watch watch) {
      this.position = from;
      this.purpose = purpose;
      this.watch = watch;
    }

    @Override
    public int read(byte[] bytes, int offset, int count) throws IOException {
      if (count == 0) {
        return 0;
      }
      int read;
      try {
        read = readOpened(bytes, offset, count);
      } catch (IOException lost) {
        closeCurrent();
        awaitRest(lost, purpose, watch);
        in = openRest(other -> other.open(position));
        read = readOpened(bytes, offset, count);
      }
      position += Math.max(read, 0);
      return read;
    }

    private int readOpened(byte[] bytes, int offset, int count) throws IOException {
      int read = opened().read(bytes, offset, count);
      if (read < 0) { // the end of what was staged when it was opened
        closeCurrent();
        read = opened().read(bytes, offset, count);
      }
      return read;
    }

    @Override
    public long skip(long count) throws IOException {
      if (count <= 0) {
        return 0;
      }
      closeCurrent();
      position += count;
      return count;
    }

    private InputStream opened() throws IOException {
      InputStream open = in;
      if (open == null) {
        open = openAt(position, decoders.withMemoryOf(purpose.work));
        in = open;
      }
      return open;
    }

    private void closeCurrent() throws IOException {
      InputStream open = in;
      in = null;
      if (open != null) {
        open.close();
      }
    }

    @Override
    public void close() throws IOException {
      closeCurrent();
    }
  }

  private InputStream openAt(long position, DecoderShare share) throws IOException {
    Run run = extents.run(position);
    if (run == null) {
      return openRest(other -> other.open(position));
    }
    long skip = position - run.start();
    return content.form() == Form.CHUNKS
        ? openChunks(run, skip, share)
        : new StoredManifest(blobs, run.extents()).open(skip);
  }

  /** Opens the rest of the first extent. */
  private InputStream openChunks(Run run, long skip, DecoderShare share) throws IOException {
    Extent first = run.first();
    InputStream decoded = share.decode(Compression.ZSTD, openStored(run), Long.MAX_VALUE);
    try {
      decoded.skipNBytes(first.skip() + skip);
      return new PieceInputStream(decoded, first.length() - skip);
    } catch (IOException | RuntimeException e) {
      decoded.close();
      throw e;
    }
  }
}
