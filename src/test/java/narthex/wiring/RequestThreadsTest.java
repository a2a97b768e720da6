package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class RequestThreadsTest {
  private static final long MIB = 1 << 20;

  @Test
  void virtualThreadsAreAsManyAsTheHeapIsEnoughFor() {
    assertEquals(682, RequestThreads.virtual(512 * MIB));
    assertEquals(5_461, RequestThreads.virtual(4096 * MIB));
  }

  @Test
  void aSmallHeapHasAsManyAsTomcat() {
    assertEquals(200, RequestThreads.virtual(16 * MIB));
  }

  @Test
  void theNumberIsBounded() {
    assertEquals(65_536, RequestThreads.virtual(1L << 40));
  }
}
