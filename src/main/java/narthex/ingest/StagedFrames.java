package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import narthex.blob.FrameReader;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.chunk.ChunkedManifest;
import narthex.nix.Compression;
import narthex.stream.EncodingInputStream;
import narthex.stream.FrameSplitter;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a NAR that another replica stages as chunks, as they are in the shared store. This
 * replica doesn't know their CRCs yet, so it decodes each to verify it. Goes on with the frames of
 * a successor, or with the stored ones. Not thread-safe.
 */
final class StagedFrames implements FrameReader {
  /** The most that one chunk can have; a larger frame is damaged. */
  private static final int MOST_CHUNK_BYTES = 64 << 20;

  private final StagedNar nar;
  private final Manifest.Watch watch;
  private @Nullable FrameSplitter staged;

  StagedFrames(StagedNar nar, Manifest.Watch watch) {
    this.nar = nar;
    this.watch = watch;
  }

  @Override
  public Next read(long from) throws IOException {
    try {
      return readStaged(from);
    } catch (IOException lost) {
      Manifest stored = nar.rest();
      if (stored == null || !nar.manifest().isComplete()) {
        throw lost;
      }
      close(); // the staged blobs may be gone: another writer stored the NAR first
      return rest(stored, from);
    }
  }

  private Next readStaged(long from) throws IOException {
    FrameSplitter open = staged;
    if (open == null || !open.next()) { // the end of what was staged when it was opened
      close();
      open = openAt(from);
      if (open == null) {
        return restAt(from);
      }
    }
    return new Frame(open.frame(), open.decodedLength());
  }

  /** Opens the staged frames and reads the one that begins there; null if it isn't staged. */
  private @Nullable FrameSplitter openAt(long from) throws IOException {
    StagedNar.Run run = nar.run(from);
    if (run == null) {
      return null;
    }
    FrameSplitter opened = new FrameSplitter(nar.open(run), MOST_CHUNK_BYTES);
    staged = opened;
    long position = run.start();
    boolean isThere = opened.next();
    while (isThere && position < from) {
      position += opened.decodedLength();
      isThere = opened.next();
    }
    if (!isThere || position != from) {
      throw new IOException("no staged frame begins at byte " + from);
    }
    return opened;
  }

  private Next restAt(long from) throws IOException {
    Manifest other = nar.rest();
    if (other == null) {
      throw new IOException("byte " + from + " isn't staged");
    }
    try {
      return rest(other, from);
    } catch (IOException e) {
      Manifest stored = nar.rest();
      if (stored == null || stored == other) {
        throw e;
      }
      return rest(stored, from);
    }
  }

  private Rest rest(Manifest other, long from) throws IOException {
    if (other instanceof GrowingManifest growing) {
      return new Rest(growing.openFrames(from, watch));
    }
    if (other instanceof ChunkedManifest chunked) {
      return new Rest(chunked.openStoredFramesFrom(from));
    }
    InputStream plain = other.open(from); // stored as a file only
    try {
      return new Rest(new EncodingInputStream(Compression.ZSTD, plain));
    } catch (IOException | RuntimeException e) {
      plain.close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    FrameSplitter open = staged;
    staged = null;
    if (open != null) {
      open.close();
    }
  }
}
