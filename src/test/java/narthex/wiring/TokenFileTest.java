package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.nix.Sha256;
import narthex.settings.AccessSettings;
import narthex.settings.Setting;
import narthex.settings.SettingsException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TokenFileTest {
  private static final Setting<Path> SETTING = AccessSettings.READ_TOKENS_FILE;

  private Path file = Path.of("");

  @BeforeEach
  void useFolder(@TempDir Path folder) {
    file = folder.resolve("tokens");
  }

  @Test
  void oneTokenALineBesideCommentsAndBlankLines() throws IOException {
    write("# for the builders\n\nfirst,0123456789\r\n  second-0123456789  \n#third-0123456789");

    assertEquals(2, TokenFile.open(SETTING, file).get().size());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# none\n\n", "fine-0123456789a\nhidden\n", "hidden-01234 56789"})
  void aFileThatCannotBeUsedStopsTheStartWithoutShowingATokenOfIt(String text) throws IOException {
    write(text);

    String message =
        String.valueOf(
            assertThrows(SettingsException.class, () -> TokenFile.open(SETTING, file))
                .getMessage());
    assertTrue(message.startsWith("narthex.token.read-file: " + file + " is refused: "), message);
    assertFalse(message.contains("hidden"), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void aFileThatIsMissingOrNoTextStopsTheStart() throws IOException {
    assertThrows(SettingsException.class, () -> TokenFile.open(SETTING, file));
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThrows(SettingsException.class, () -> TokenFile.open(SETTING, file));
  }

  @Test
  void aFileThatChangedIsReadAgain() throws IOException {
    write("first-0123456789");
    TokenFile tokens = TokenFile.open(SETTING, file);

    write("first-0123456789\nsecond-0123456789");
    assertEquals(2, tokens.get().size());

    write("second-0123456789");
    assertEquals(1, tokens.get().size());
  }

  @Test
  void whileAChangedFileCannotBeUsedTheTokensReadBeforeHold() throws IOException {
    write("first-0123456789");
    TokenFile tokens = TokenFile.open(SETTING, file);

    List<Sha256> before = tokens.get();
    write("short");
    assertSame(before, tokens.get());
    Files.delete(file);
    assertSame(before, tokens.get());
    write("second-0123456789\nthird-0123456789");
    assertEquals(2, tokens.get().size());
  }

  private void write(String text) throws IOException {
    Files.writeString(file, text, StandardCharsets.UTF_8);
  }
}
