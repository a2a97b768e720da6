package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import narthex.blob.FrameReader;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.chunk.ChunkedManifest;
import narthex.nix.Compression;
import narthex.stream.EncodingInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a NAR that another replica stages as chunks, as they are in the shared store. This
 * replica doesn't know their CRCs yet, so it decodes each to verify it. Goes on with the frames of
 * a successor, or with the stored ones. Not thread-safe.
 */
final class StagedFrames implements FrameReader {
  private final StagedNar nar;
  private final Manifest.Watch watch;
  private @Nullable PieceFrames staged;

  StagedFrames(StagedNar nar, Manifest.Watch watch) {
    this.nar = nar;
    this.watch = watch;
  }

  @Override
  public Next read(long from) throws IOException {
    try {
      return readStaged(from);
    } catch (IOException lost) {
      close();
      nar.awaitRest(lost, StagedNar.Purpose.SENDING, watch);
      return nar.openRest(other -> rest(other, from));
    }
  }

  private Next readStaged(long from) throws IOException {
    PieceFrames open = staged;
    Frame next = open == null ? null : open.next();
    if (next == null) {
      close();
      StagedExtents.Run run = nar.extents().run(from);
      if (run == null) {
        return nar.openRest(other -> rest(other, from));
      }
      open = new PieceFrames(nar.openStored(run), run.first(), from - run.start());
      staged = open;
      next = open.next();
    }
    if (next == null) {
      throw new IOException("no staged frame has byte " + from);
    }
    return next;
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
    PieceFrames open = staged;
    staged = null;
    if (open != null) {
      open.close();
    }
  }
}
