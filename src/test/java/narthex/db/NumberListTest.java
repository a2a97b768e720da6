package narthex.db;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberListTest {
  @Property
  void numbersComeBack(@ForAll List<@LongRange(min = 1, max = Long.MAX_VALUE / 2) Long> all) {
    long[] numbers = all.stream().mapToLong(Long::longValue).toArray();

    assertArrayEquals(numbers, NumberList.decode(NumberList.encode(numbers)));
  }

  @Test
  void consecutiveNumbersTakeOneByteEach() {
    long[] numbers = LongStream.range(1_000_000, 1_002_000).toArray();

    assertEquals(1 + 3 + 1999, NumberList.encode(numbers).length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\2", "\1\u0080"})
  void damageIsNoticed(String bytes) {
    assertThrows(
        IllegalArgumentException.class,
        () -> NumberList.decode(bytes.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)));
  }

  @Test
  void runsAreOfConsecutiveNumbersAndBounded() {
    assertEquals(
        List.of(new NumberRun(1, 2), new NumberRun(3, 3), new NumberRun(7, 8)),
        NumberRun.of(new long[] {8, 2, 3, 1, 7, 2}, 2));
    assertEquals(List.of(), NumberRun.of(new long[0], 2));
  }
}
