package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;

class NarStartInputStreamTest {
  private static final byte[] NAR = NarTree.mixed(1, 100).nar();

  /** Length, magic and padding; length, parenthesis and padding; length, "type" and padding. */
  private static final int BEFORE_THE_TYPE = 24 + 16 + 16;

  private static NarStartInputStream reading(byte[] bytes, AtomicInteger begun) {
    return new NarStartInputStream(new ByteArrayInputStream(bytes), begun::incrementAndGet);
  }

  private static void read(NarStartInputStream in, int pieces) throws IOException {
    byte[] buffer = new byte[pieces];
    while (in.read(buffer, 0, pieces) >= 0) {
      // reads until the stream fails or ends
    }
  }

  @Test
  void aNarIsKnownAsSoonAsItsFirstTypeHasCome() throws IOException {
    for (int pieces : List.of(1, 7, 64, 4096)) {
      AtomicInteger begun = new AtomicInteger();
      read(reading(NAR, begun), pieces);
      assertEquals(1, begun.get());
    }
    AtomicInteger begun = new AtomicInteger();
    NarStartInputStream in = reading(NAR, begun);
    byte[] buffer = new byte[1];
    int read = 0;
    while (begun.get() == 0) {
      read += in.read(buffer, 0, 1);
    }
    assertTrue(read > BEFORE_THE_TYPE && read <= BEFORE_THE_TYPE + 24, "after " + read);
  }

  @Test
  void anythingElseFailsAtItsFirstWrongByte() {
    for (int offset = 0; offset <= BEFORE_THE_TYPE; offset++) {
      byte[] wrong = NAR.clone();
      wrong[offset] ^= (byte) 0x80;
      AtomicInteger begun = new AtomicInteger();
      assertThrows(NotNarException.class, () -> read(reading(wrong, begun), 1));
      assertEquals(0, begun.get());
    }
  }

  @Test
  void aStartAloneIsNoNar() {
    byte[] start = Arrays.copyOf(NAR, BEFORE_THE_TYPE);
    assertThrows(
        NotNarException.class, () -> read(reading(start, new AtomicInteger()), start.length));
  }
}
