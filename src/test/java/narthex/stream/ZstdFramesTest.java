package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import narthex.nix.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZstdFramesTest {
  private static final byte OURS = 0x5a;

  /** Runs with this many random bits in each byte: the fewer, the shorter is the frame. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4, 7, 8})
  void aFrameTouchesNothingOutsideOfItsPlace(int bits) throws Exception {
    Random random = new Random(bits);
    byte[] piece = new byte[256 << 10];
    random.nextBytes(piece);
    for (int i = 0; i < piece.length; i++) {
      piece[i] &= (byte) ((1 << bits) - 1);
    }
    try (ZstdFrames frames = new ZstdFrames()) {
      for (int length = 0; length <= piece.length; length = 3 * length + 1 + random.nextInt(9)) {
        int place = ZstdFrames.largestFrame(length);
        byte[] array = new byte[3 * place];
        Arrays.fill(array, OURS);

        int frame = frames.encode(piece, 0, length, array, place);

        assertOurs(array, 0, place);
        assertOurs(array, 2 * place, 3 * place);
        assertArrayEquals(Arrays.copyOf(piece, length), decoded(array, place, frame));
      }
    }
  }

  @Test
  void aShorterFrameOfAnotherVersionIsFilledUp() throws Exception {
    byte[] piece = new byte[64 << 10];
    Random random = new Random(1);
    for (int i = 0; i < piece.length; i++) {
      piece[i] = (byte) random.nextInt(random.nextInt(OURS) + 1);
    }
    byte[] usual = new byte[ZstdFrames.largestFrame(piece.length)];
    byte[] filled = new byte[2 * usual.length];
    try (ZstdFrames frames = new ZstdFrames()) {
      int length = frames.encode(piece, 0, piece.length, usual, 0);
      frames.encodeTo(length, piece, 0, piece.length, filled);
      assertArrayEquals(Arrays.copyOf(usual, length), Arrays.copyOf(filled, length));

      for (int more : new int[] {8, 9, 1000}) {
        frames.encodeTo(length + more, piece, 0, piece.length, filled);

        assertArrayEquals(piece, decoded(filled, 0, length + more));
      }
      frames.encodeTo(length, piece, 0, piece.length, filled);
      assertArrayEquals(Arrays.copyOf(usual, length), Arrays.copyOf(filled, length));
    }
  }

  @Test
  void aLengthThatNoFrameHasIsRefused() throws Exception {
    byte[] piece = new byte[1000];
    new Random(1).nextBytes(piece);
    try (ZstdFrames frames = new ZstdFrames()) {
      byte[] frame = new byte[ZstdFrames.largestFrame(piece.length)];

      assertThrows(
          IOException.class,
          () -> frames.encodeTo(piece.length / 2, piece, 0, piece.length, frame));
    }
  }

  private static void assertOurs(byte[] array, int from, int to) {
    for (int i = from; i < to; i++) {
      assertEquals(OURS, array[i], "byte " + i);
    }
  }

  private static byte[] decoded(byte[] array, int offset, int length) throws Exception {
    try (InputStream in =
        Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(array, offset, length))) {
      return in.readAllBytes();
    }
  }
}
