package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.stream.Decoders;
import narthex.stream.ZstdFrames;
import org.junit.jupiter.api.Test;

/** Reads the frames of NARs while they are cut. */
class GrowingFramesTest extends ChunkStoreFixture {
  private static final int DEADLINE_SECONDS = 20;

  private final byte[] nar = new byte[700_000];

  GrowingFramesTest() {
    new Random(1).nextBytes(nar);
    Arrays.fill(nar, 100_000, 200_000, (byte) 7);
    System.arraycopy(nar, 0, nar, 500_000, 150_000); // chunks that occur twice
  }

  /** Makes the frames of the chunks between two cut points. */
  private byte[] frames(int from, int to) throws IOException {
    Chunker chunker = new Chunker(SIZES);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    try (ZstdFrames encoder = new ZstdFrames()) {
      for (int at = from; at < to; ) {
        int length = chunker.cut(nar, at, nar.length);
        byte[] frame = new byte[ZstdFrames.largestFrame(length)];
        all.write(frame, 0, encoder.encode(nar, at, length, frame, 0));
        at += length;
      }
    }
    return all.toByteArray();
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  private static InputStream frames(ChunkedWriter writer) {
    return writer.manifest().openFrames(0, () -> {});
  }

  /** Runs in another thread with a time limit, so that a test that blocks fails. */
  private <T> T soon(Callable<T> work) throws Exception {
    return threads.submit(work).get(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  private ChunkedWriter written() throws IOException {
    ChunkedWriter writer = store.begin(OptionalLong.of(nar.length));
    writer.write(nar, 0, nar.length);
    writer.finish();
    return writer;
  }

  private boolean stored(ChunkedWriter writer) throws Exception {
    writer.manifest().complete();
    return writer.store(id(nar), NOON);
  }

  @Test
  void eachFrameIsGivenAsSoonAsItsChunkIsCut() throws Exception {
    try (ChunkedWriter writer = store.begin(OptionalLong.of(nar.length));
        InputStream in = frames(writer)) {
      Chunker chunker = new Chunker(SIZES);
      for (int at = 0; at < 300_000; ) {
        int length = chunker.cut(nar, at, nar.length);
        writer.write(nar, at, length);
        byte[] frame = frames(at, at + length);

        assertArrayEquals(frame, soon(() -> in.readNBytes(frame.length)));
        assertEquals(0, in.available(), "the client gets it at once");
        at += length;
      }
    }
  }

  @Test
  void ofANarOfUnknownLengthTheLastByteComesWithTheNextFrame() throws Exception {
    Chunker chunker = new Chunker(SIZES);
    int first = chunker.cut(nar, 0, nar.length);
    int second = chunker.cut(nar, first, nar.length);
    int known = frames(0, first).length;
    try (ChunkedWriter writer = store.begin();
        InputStream in = frames(writer)) {
      writer.write(nar, 0, first);
      byte[] begin = soon(() -> in.readNBytes(known - 1));
      Future<Integer> last = threads.submit(() -> in.read());
      assertFalse(last.isDone());
      writer.write(nar, first, second);

      byte[] expected = frames(0, first);
      assertArrayEquals(Arrays.copyOf(expected, known - 1), begin);
      assertEquals(expected[known - 1] & 0xff, last.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void theLastByteIsWithheldUntilTheNarIsVerified() throws Exception {
    byte[] expected = frames(0, nar.length);
    try (ChunkedWriter writer = written();
        InputStream in = frames(writer)) {
      byte[] begin = soon(() -> in.readNBytes(expected.length - 1));
      assertArrayEquals(Arrays.copyOf(expected, expected.length - 1), begin);
      assertEquals(0, in.available());
      Future<byte[]> rest = threads.submit(in::readAllBytes);
      assertFalse(rest.isDone());
      writer.manifest().complete();

      byte[] last = {expected[expected.length - 1]};
      assertArrayEquals(last, rest.get(DEADLINE_SECONDS, TimeUnit.SECONDS));
    }
  }

  @Test
  void ofAWrongNarTheFramesAreNeverWhole() throws Exception {
    try (ChunkedWriter writer = written();
        InputStream in = frames(writer)) {
      byte[] begin = soon(() -> in.readNBytes(frames(0, nar.length).length - 1));
      writer.manifest().fail(new IOException("wrong"));

      assertThrows(IOException.class, in::read);
      assertThrows(IOException.class, () -> decode(begin));
    }
  }

  @Test
  void aReaderGoesOnWithTheStoredFramesWhenItsPacksAreGone() throws Exception {
    byte[] expected = frames(0, nar.length);
    for (int read : List.of(0, 1, 60_000, expected.length - 1)) {
      ChunkedWriter writer = written();
      try (ChunkedWriter other = written();
          InputStream in = frames(writer)) {
        byte[] all = new byte[expected.length];
        int got = soon(() -> in.readNBytes(all, 0, read));
        boolean isFirst = stored(other);
        assertEquals(read == 0, isFirst);
        assertFalse(stored(writer));
        writer.close();
        got += in.readNBytes(all, got, all.length - got);

        assertEquals(-1, in.read());
        assertEquals(expected.length, got);
        assertArrayEquals(expected, all);
      }
    }
  }

  @Test
  void noFrameIsGivenThatBeginsBeforeTheOffset() throws Exception {
    try (ChunkedWriter writer = written();
        InputStream in = writer.manifest().openFrames(1, () -> {})) {
      NarDroppedException unfit = assertThrows(NarDroppedException.class, in::read);
      assertEquals(1, unfit.narOffset());
    }
  }

  @Test
  void aDamagedFrameIsNeverGiven() throws Exception {
    try (ChunkedWriter writer = written();
        InputStream in = frames(writer)) {
      assertTrue(stored(writer));
      String pack = database.chunks().places(new long[] {1}).get(0).pack();
      byte[] expected = frames(0, nar.length);
      byte[] begin = in.readNBytes(1);
      in.close();
      blobs.flipByte(pack, 30_000);
      byte[] got = new byte[expected.length];
      int count = 0;
      try (InputStream damaged = frames(writer)) {
        while (true) {
          int more = damaged.read(got, count, 1_000);
          assertTrue(more > 0);
          count += more;
        }
      } catch (IOException broken) {
        assertTrue(count > 10_000 && count <= 30_000, () -> "broken: " + broken);
      }

      assertArrayEquals(Arrays.copyOf(expected, 1), begin);
      assertArrayEquals(Arrays.copyOf(expected, count), Arrays.copyOf(got, count));
    }
  }
}
