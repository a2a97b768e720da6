package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteRangeTest {
  private static final long LENGTH = 1000;

  @Test
  void firstAndLastByteAreInclusive() {
    assertRange("bytes=0-0", 0, 1);
    assertRange("bytes=10-19", 10, 10);
    assertRange("bytes=999-999", 999, 1);
    assertRange(" bytes=10-19 ", 10, 10);
  }

  @Test
  void anOpenEndAndATooLateEndReachTheLastByte() {
    assertRange("bytes=10-", 10, 990);
    assertRange("bytes=10-1000000", 10, 990);
    assertRange("bytes=0-999999999999999999", 0, 1000);
  }

  @Test
  void aSuffixIsTheLastBytes() {
    assertRange("bytes=-1", 999, 1);
    assertRange("bytes=-1000", 0, 1000);
    assertRange("bytes=-5000", 0, 1000);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"bytes=1000-", "bytes=1000-2000", "bytes=999999999999999999-", "bytes=-0"})
  void aRangePastTheEndIsUnsatisfiable(String header) {
    assertSame(ByteRange.UNSATISFIABLE, ByteRange.parse(header, LENGTH));
  }

  @Test
  void nothingOfAnEmptyBodyIsSatisfiable() {
    assertSame(ByteRange.UNSATISFIABLE, ByteRange.parse("bytes=0-", 0));
    assertSame(ByteRange.UNSATISFIABLE, ByteRange.parse("bytes=-5", 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-4",
        "bytes=0-1,5-6",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=0x1-2",
        "items=0-1",
        "bytes=99999999999999999999-"
      })
  void whatIsNotUnderstoodIsIgnored(String header) {
    assertNull(ByteRange.parse(header, LENGTH));
  }

  @Test
  void noHeaderIsNoRange() {
    assertNull(ByteRange.parse(null, LENGTH));
  }

  @Test
  void theContentRangeNamesTheLastByteInclusively() {
    assertEquals("bytes 10-19/1000", new ByteRange(10, 10).contentRange(LENGTH));
  }

  @Property
  void everyRangeThatIsGivenLiesInTheBody(
      @ForAll @LongRange(min = 0, max = 2000) long first,
      @ForAll @LongRange(min = 0, max = 2000) long last,
      @ForAll @LongRange(min = 0, max = 1500) long length) {
    ByteRange range = ByteRange.parse("bytes=" + first + "-" + last, length);

    if (first > last) {
      assertNull(range);
    } else if (first >= length) {
      assertSame(ByteRange.UNSATISFIABLE, range);
    } else {
      assertEquals(new ByteRange(first, Math.min(last, length - 1) - first + 1), range);
    }
  }

  @Property
  void noTextIsAnException(
      @ForAll @StringLength(max = 30) String text,
      @ForAll @LongRange(min = 0, max = 100) long length) {
    for (String header : new String[] {text, "bytes=" + text}) {
      @Nullable ByteRange range = ByteRange.parse(header, length);
      assertTrue(
          range == null
              || range.equals(ByteRange.UNSATISFIABLE)
              || (range.from() >= 0
                  && range.count() > 0
                  && range.from() + range.count() <= length));
    }
  }

  private static void assertRange(String header, long from, long count) {
    assertEquals(new ByteRange(from, count), ByteRange.parse(header, LENGTH));
  }
}
