package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceCountsTest {
  private final ReferenceCounts counts = new ReferenceCounts();

  private void add(long number, int times) {
    for (int i = 0; i < times; i++) {
      counts.add(number);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 255, 256, 1L << 40, Long.MAX_VALUE})
  void theLastReferenceIsTold(long number) {
    add(number, 2);
    add(number - 1, 1);

    assertFalse(counts.removeLast(number));
    assertTrue(counts.removeLast(number - 1));
    assertTrue(counts.removeLast(number));
  }

  @Test
  void aReferenceThatWasNotCountedIsNotTheLast() {
    assertFalse(counts.removeLast(7));
    counts.add(7);
    assertTrue(counts.removeLast(7));
    assertFalse(counts.removeLast(7));
  }

  @Test
  void aChunkWithVeryManyReferencesNeverLosesTheLastOne() {
    add(1, ReferenceCounts.MOST - 1);
    add(2, ReferenceCounts.MOST);
    add(3, 10 * ReferenceCounts.MOST);

    for (int i = 1; i < ReferenceCounts.MOST - 1; i++) {
      assertFalse(counts.removeLast(1));
    }
    assertTrue(counts.removeLast(1));
    for (int i = 0; i < 10 * ReferenceCounts.MOST; i++) {
      assertFalse(counts.removeLast(2));
      assertFalse(counts.removeLast(3));
    }
  }
}
