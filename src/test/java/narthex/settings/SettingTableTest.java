package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class SettingTableTest {
  /** Relative to the project directory, where the build runs. */
  private static final Path DOCUMENTATION = Path.of("server-configs", "narthex.properties");

  @Test
  void theTableIsTheOneThatWasAgreed() throws IOException {
    String table =
        SettingTable.all().stream()
            .map(
                setting ->
                    String.join(
                            " | ",
                            setting.name(),
                            setting.environmentName(),
                            setting.type().name() + (setting.type().isSecret() ? " (hidden)" : ""),
                            setting.type().allowed(),
                            setting.defaultText(),
                            setting.description())
                        + "\n")
            .collect(Collectors.joining());

    try (InputStream golden = SettingTableTest.class.getResourceAsStream("settings.golden")) {
      assertNotNull(golden);
      assertEquals(new String(golden.readAllBytes(), StandardCharsets.UTF_8), table);
    }
  }

  @Test
  void theDocumentationIsMadeFromTheTable() throws IOException {
    assertEquals(SettingPages.printProperties(), Files.readString(DOCUMENTATION));
  }

  @Test
  void everySettingIsDocumentedAndCommentedOut() throws IOException {
    String page = SettingPages.printProperties();
    Properties entries = new Properties();
    entries.load(new StringReader(page));
    assertTrue(entries.isEmpty());

    Properties all = new Properties();
    all.load(new StringReader(page.replaceAll("(?m)^#(?=narthex\\.)", "")));
    for (Setting<?> setting : SettingTable.all()) {
      boolean ofFile = setting != ServerSettings.CONFIG_FILE;
      assertEquals(ofFile ? setting.defaultText() : null, all.getProperty(setting.name()));
      assertTrue(SettingPages.printHelp().contains(setting.name() + "\n"));
    }
  }

  @Test
  void linesAreShortEnoughToRead() {
    String pages = SettingPages.printHelp() + SettingPages.printProperties();

    assertFalse(pages.lines().anyMatch(line -> line.length() > 100));
    assertFalse(pages.contains("\t"));
  }
}
