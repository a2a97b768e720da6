package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Narthex parses URLs like curl. */
class HttpUrlTest {
  private static final HttpUrl BASE = HttpUrl.parse("https://cache.example:8443/team/a//b/");

  @ParameterizedTest
  @CsvSource({
    "nar/x.nar.xz, /team/a//b/nar/x.nar.xz",
    "/nar//x, /nar//x",
    "?key=1, /team/a//b/?key=1",
    "../x, /team/a//x",
    "../../x, /team/a/x",
    "./x/./y/., /team/a//b/x/y/",
    "nar/a b|c\"d<e>^`{}, /team/a//b/nar/a%20b|c\"d<e>^`{}",
    "nar/%2F%7c?sig=a+b/../%3d, /team/a//b/nar/%2F%7c?sig=a+b/../%3d",
    "nar/a:b, /team/a//b/nar/a:b",
    "nar/x#part, /team/a//b/nar/x",
    "nar/ä, /team/a//b/nar/%C3%A4",
  })
  void aReferenceIsSentAsItIs(String reference, String target) {
    HttpUrl url = BASE.resolve(reference);

    assertEquals(target, url.target());
    assertTrue(url.isSameOrigin(BASE));
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP://Host.example/x, http, Host.example, 80, /x",
    "https://my_cache:81, https, my_cache, 81, /",
    "//other.example/y?z, https, other.example, 443, /y?z",
    "http://[::1]:5000/x, http, ::1, 5000, /x",
    "http://bücher.example?q, http, xn--bcher-kva.example, 80, /?q",
    "http://h.example:/, http, h.example, 80, /",
  })
  void anAbsoluteReferenceNamesItsServer(
      String reference, String scheme, String host, int port, String target) {
    HttpUrl url = BASE.resolve(reference);

    assertEquals(scheme, url.scheme());
    assertEquals(host, url.host());
    assertEquals(port, url.effectivePort());
    assertEquals(target, url.target());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://hidden/x",
        "file:///hidden",
        "http:///hidden",
        "http://hid den/",
        "http://hidden:99999/",
        "http://hidden:x/",
        "http://[hidden]/",
        "http://hid%00den/"
      })
  void whatIsNoHttpUrlIsRefusedWithoutShowingIt(String odd) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> BASE.resolve(odd));

    assertFalse(String.valueOf(refused.getMessage()).contains("hid"));
  }

  @Test
  void userAndPasswordAreDecodedAndNeverPrinted() {
    HttpUrl url = HttpUrl.parse("http://anna:s%3Ae%2Fc@r%t@h.example/x?token=secret");

    assertEquals(Optional.of(new HttpUrl.Login("anna", "s:e/c@r%t")), url.login());
    assertEquals("http://h.example/x", url.toString());
  }

  @Property
  void noReferenceIsSentWithABlankOrControl(@ForAll String reference) {
    try {
      String target = BASE.resolve(reference).target();
      assertTrue(target.startsWith("/"), target);
      assertTrue(target.chars().allMatch(c -> c > ' ' && c < 0x7F), target);
    } catch (IllegalArgumentException e) {
      assertFalse(String.valueOf(e.getMessage()).isEmpty());
    }
  }
}
