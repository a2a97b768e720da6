package narthex.nix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictJsonTest {
  private static void require(InputStream in) throws IOException {
    StrictJson.requireObject(in, "the thing");
  }

  @Test
  void anObjectIsReadToTheEndOfItsStream() throws IOException {
    InputStream in =
        new ByteArrayInputStream(" {\"a\":[1,{\"\u00e4\":null}],\"b\":{}}\n\n ".getBytes(UTF_8));

    require(in);

    assertEquals(-1, in.read());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "1",
        "[]",
        "null",
        "{",
        "{\"a\"}",
        "{\"a\":1",
        "{}{}",
        "{} 1",
        "{,}",
        "{a:1}"
      })
  void anythingElseIsRefusedInOneLine(String text) {
    NixFormatException refusal =
        assertThrows(
            NixFormatException.class,
            () -> require(new ByteArrayInputStream(text.getBytes(UTF_8))));
    assertEquals(1, refusal.getMessage().lines().count());
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() {
    byte[] bytes = {'{', '"', (byte) 0xC3, '"', ':', '1', '}'};
    assertThrows(NixFormatException.class, () -> require(new ByteArrayInputStream(bytes)));
  }

  @Test
  void whatIsTooDeepIsRefused() throws IOException {
    int most = StrictJson.MAX_STREAM_DEPTH;
    String in = "{\"a\":".repeat(most - 1) + "{}";
    require(new ByteArrayInputStream((in + "}".repeat(most - 1)).getBytes(UTF_8)));

    String deeper = "{\"a\":".repeat(most) + "{}" + "}".repeat(most);
    assertThrows(
        NixFormatException.class, () -> require(new ByteArrayInputStream(deeper.getBytes(UTF_8))));
  }

  @Test
  void aStreamThatFailsIsNotMalformed() {
    InputStream broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw new IOException("broken");
          }
        };
    IOException failure = assertThrows(IOException.class, () -> require(broken));
    assertEquals("broken", failure.getMessage());
  }
}
