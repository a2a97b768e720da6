package narthex.db;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import narthex.blob.Extent;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ExtentListTest {

  @Property(tries = 200)
  void decodingGivesWhatWasEncoded(@ForAll("extents") List<Extent> extents) {
    ExtentList list = new ExtentList(extents);

    assertEquals(list, ExtentList.decode(list.encode()));
  }

  @Property(tries = 200)
  void damagedBytesAreRefusedOrAtLeastNeverTooLong(@ForAll byte[] bytes) {
    try {
      ExtentList.decode(bytes);
    } catch (IllegalArgumentException e) {
      assertEquals(1, String.valueOf(e.getMessage()).lines().count());
    }
  }

  @Test
  void theFormatNeverChanges() {
    ExtentList list =
        new ExtentList(List.of(new Extent("ab", 0, 300, 1), new Extent("ab", 300, 127, 128)));

    assertEquals("0102616200ac020100ac027f8001", HexFormat.of().formatHex(list.encode()));
    assertArrayEquals(new byte[] {1}, new ExtentList(List.of()).encode());
  }

  @Test
  void columnsThatEndTooEarlyAreRefused() {
    byte[] whole = new ExtentList(List.of(new Extent("ab", 0, 300, 1))).encode();

    for (int length = 2; length < whole.length; length++) {
      byte[] start = Arrays.copyOf(whole, length);
      assertThrows(IllegalArgumentException.class, () -> ExtentList.decode(start));
    }
    assertThrows(IllegalArgumentException.class, () -> ExtentList.decode(new byte[0]));
    assertThrows(IllegalArgumentException.class, () -> ExtentList.decode(new byte[] {2}));
  }

  @Provide
  Arbitrary<List<Extent>> extents() {
    Arbitrary<Long> numbers = Arbitraries.longs().between(0, Long.MAX_VALUE / 2);
    return Combinators.combine(
            Arbitraries.strings().alpha().ofMinLength(1).ofMaxLength(3), numbers, numbers, numbers)
        .as(Extent::new)
        .list()
        .ofMaxSize(20);
  }
}
