package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class AccessTokenTest {
  @Test
  void aTokenThatCouldBeGuessedOrNotSentIsRefusedWithoutShowingIt() {
    for (String bad :
        List.of(
            "hidden",
            "hidden89012345",
            "hidden hidden hidden",
            "hidden\u0000hidden0123",
            "hiddenéhidden0123",
            "hidden".repeat(200))) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> AccessToken.parse(bad)).getMessage();
      assertFalse(String.valueOf(message).contains("hidden"), message);
    }
    assertEquals("AccessToken[hidden]", AccessToken.parse("secret-0123456789").toString());
  }
}
