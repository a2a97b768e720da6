package narthex.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreconditionsTest {
  private static final String TAG = "\"abc\"";
  private final Map<String, Object> answer = new HashMap<>();

  @ParameterizedTest
  @ValueSource(strings = {"\"abc\"", "*", "W/\"abc\"", "\"x\", \"abc\"", " \"abc\" ,\"x\""})
  void aClientThatHasTheSameGetsA304(String known) {
    assertTrue(answered("If-None-Match", known));

    assertEquals(Map.of("ETag", TAG, "status", 304), answer);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "abc", "\"ab\"", "\"ABC\"", "\"abc", "\"x\",\"y\"", ",", "w/\"abc\""})
  void everyOtherClientGetsTheBody(String known) {
    assertFalse(answered("If-None-Match", known));

    assertEquals(Map.of("ETag", TAG), answer);
  }

  @Test
  void aWeakTagIsComparedWeakly() {
    for (String known : List.of("W/\"abc\"", "\"abc\"", "*")) {
      assertTrue(Preconditions.matches(known, "W/\"abc\""), known);
    }
    assertFalse(Preconditions.matches("W/\"abd\"", "W/\"abc\""));
  }

  @Test
  void withoutAConditionTheBodyIsSentWithItsTag() {
    assertFalse(answered());

    assertEquals(Map.of("ETag", TAG), answer);
  }

  @Property
  void aTagIsFoundInAnyListThatHoldsIt(
      @ForAll @Size(max = 5) List<@AlphaChars @StringLength(min = 1, max = 4) String> others,
      @ForAll boolean included) {
    others.removeIf(other -> other.equals("abc"));
    StringBuilder list = new StringBuilder();
    others.forEach(other -> list.append('"').append(other).append("\", "));
    list.append(included ? TAG : "\"\"");

    assertEquals(included, Preconditions.matches(list.toString(), TAG));
  }

  @Test
  void aRangeCountsWithoutIfRangeOrWithExactlyThisStrongTag() {
    assertTrue(Preconditions.rangeCounts(Requests.with(), TAG));
    assertTrue(Preconditions.rangeCounts(Requests.with("If-Range", TAG), TAG));
    for (String other :
        List.of("\"abd\"", "W/\"abc\"", "*", "abc", "", "Wed, 21 Oct 2015 07:28:00 GMT")) {
      assertFalse(Preconditions.rangeCounts(Requests.with("If-Range", other), TAG), other);
    }
  }

  private boolean answered(String... headers) {
    return Preconditions.answered(Requests.with(headers), Requests.recordingTo(answer), TAG);
  }
}
