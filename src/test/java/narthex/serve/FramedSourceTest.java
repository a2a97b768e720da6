package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.blob.FrameReader;
import narthex.blob.GrowingManifest;
import narthex.blob.Manifest;
import narthex.blob.Written;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import org.junit.jupiter.api.Test;

/** The memory of readers of frames in flight. */
class FramedSourceTest {
  private final DecoderBudget budget = new DecoderBudget(64 << 20);

  /** A NAR in flight whose frames are read here or, to verify them, decoded too. */
  private record Frames(boolean decodesFrames) implements Written {
    @Override
    public InputStream openWritten(long from) {
      return InputStream.nullInputStream();
    }

    @Override
    public FrameReader openFrames(long from, Manifest.Watch watch) {
      return new FrameReader() {
        @Override
        public Next read(long next) {
          return new Rest(InputStream.nullInputStream());
        }

        @Override
        public void close() {}
      };
    }
  }

  /** The NAR itself, which isn't read. */
  private static final class Unread implements NarSource {
    @Override
    public Compression compression() {
      return Compression.NONE;
    }

    @Override
    public OptionalLong length() {
      return OptionalLong.of(1);
    }

    @Override
    public Optional<String> entityTag() {
      return Optional.empty();
    }

    @Override
    public InputStream open(long from) throws IOException {
      throw new IOException("not to be read");
    }

    @Override
    public void awaitComplete(DecoderShare.Watch watch) {}
  }

  private long memoryOfReader(boolean decodesFrames) throws IOException {
    GrowingManifest chunks = new GrowingManifest(new Frames(decodesFrames), OptionalLong.of(1));
    chunks.grown(1);
    chunks.complete();
    FramedSource source =
        new FramedSource(new Unread(), chunks, budget.share(Work.READING), lost -> {});
    try (InputStream in = source.encoded(Compression.ZSTD).orElseThrow().open(0)) {
      assertEquals(-1, in.read());
      return budget.totalBytes() - budget.freeBytes();
    } finally {
      assertEquals(budget.totalBytes(), budget.freeBytes());
    }
  }

  @Test
  void aReaderThatDecodesFramesToVerifyThemTakesMemoryForThat() throws IOException {
    assertEquals(memoryOfReader(true), 3 * memoryOfReader(false));
  }
}
