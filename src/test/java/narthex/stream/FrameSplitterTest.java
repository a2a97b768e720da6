package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameSplitterTest {
  private static final int[] LENGTHS = {1, 70_000, 300, 500_000, 0, 40_000};
  private static final int MOST = 500_000;

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    Arrays.fill(bytes, 0, length / 3, (byte) 1);
    return bytes;
  }

  private static byte[] frame(int length) throws IOException {
    byte[] frame = new byte[ZstdFrames.largestFrame(length)];
    try (ZstdFrames encoder = new ZstdFrames()) {
      return Arrays.copyOf(frame, encoder.encode(bytes(length), 0, length, frame, 0));
    }
  }

  private static byte[] frames() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int length : LENGTHS) {
      all.write(frame(length));
    }
    return all.toByteArray();
  }

  private static FrameSplitter split(byte[] frames, int most) {
    return new FrameSplitter(new ByteArrayInputStream(frames), most);
  }

  private static byte[] given(FrameSplitter splitter) {
    ByteBuffer frame = splitter.frame();
    byte[] bytes = new byte[frame.remaining()];
    frame.get(bytes);
    return bytes;
  }

  @Test
  void eachFrameIsGivenWithItsDecodedLength() throws IOException {
    try (FrameSplitter splitter = split(frames(), MOST)) {
      for (int length : LENGTHS) {
        assertTrue(splitter.next());
        assertArrayEquals(frame(length), given(splitter));
        assertEquals(length, splitter.decodedLength());
      }
      assertFalse(splitter.next());
    }
  }

  @Test
  void aDamagedFrameIsNeverGiven() throws IOException {
    int second = frame(LENGTHS[0]).length;
    byte[] frames = frames();
    for (int at = second; at < second + frame(LENGTHS[1]).length; at += 997) {
      frames[at] ^= 1;
      try (FrameSplitter splitter = split(frames, MOST)) {
        assertTrue(splitter.next());
        assertThrows(CorruptEncodingException.class, splitter::next, "byte " + at);
      }
      frames[at] ^= 1;
    }
  }

  @Test
  void aTruncatedFrameIsNeverGiven() throws IOException {
    byte[] frame = frame(70_000);
    for (int length = 1; length < frame.length; length += 499) {
      try (FrameSplitter splitter = split(Arrays.copyOf(frame, length), MOST)) {
        assertThrows(CorruptEncodingException.class, splitter::next);
      }
    }
  }

  @Test
  void aFrameThatIsTooLongIsRefused() throws IOException {
    try (FrameSplitter splitter = split(frame(70_000), 69_999)) {
      assertThrows(CorruptEncodingException.class, splitter::next);
    }
  }
}
