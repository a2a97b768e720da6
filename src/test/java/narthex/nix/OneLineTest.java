package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class OneLineTest {
  @Test
  void whatCannotBeSeenIsAQuestionMark() {
    assertEquals("a?b?c?d?e?f", OneLine.of("a\nb\rc\u0000d\u0085e\u2028f"));
    assertEquals("?[31m?evil??", OneLine.of("\u001b[31m\u202eevil\ud83d\ude00"));
    assertEquals("", OneLine.of(""));
    assertEquals("/nix/store/é ü-1.0+x", OneLine.of("/nix/store/é ü-1.0+x"));
  }

  @Test
  void whatIsLongIsCut() {
    assertEquals("x".repeat(400), OneLine.of("x".repeat(400)));
    assertEquals("x".repeat(400) + "…", OneLine.of("x".repeat(10_000)));
  }
}
