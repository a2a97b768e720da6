package narthex.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Settings of one deployment among several in a server. */
class ContextSettingsTest extends SettingsFixture {

  @Test
  void eachContextHasADataFolderAndAKeyNameOfItsOwn() {
    assertEquals(path("work/narthex-data"), read().storage().dataDir());
    assertEquals("machine.example-1", read().signing().newKeyName());

    context = new ContextSources("/nix", Map.of(), Map.of());
    assertEquals(path("work/narthex-data-nix"), read().storage().dataDir());
    assertEquals("machine.example-nix-1", read().signing().newKeyName());

    context = new ContextSources("/team/nix", Map.of(), Map.of());
    assertEquals(path("work/narthex-data-team#nix"), read().storage().dataDir());
    assertEquals("machine.example-team-nix-1", read().signing().newKeyName());
  }

  @Test
  void aDataFolderThatIsGivenIsTakenAsItIs() {
    context = new ContextSources("/nix", Map.of(), Map.of());
    properties.put("narthex.data-dir", "/srv/narthex");

    assertEquals(Path.of("/srv/narthex"), read().storage().dataDir());
  }

  @Test
  void whatIsGivenForOneContextWinsOverWhatIsGivenForAll() throws IOException {
    write("etc/narthex.properties", "narthex.hostname=file\n");
    write("etc/narthex.ROOT.properties", "narthex.hostname=root-file\n");
    context = new ContextSources("/nix", Map.of(), Map.of());
    assertEquals("file", read().site().hostname());

    context = new ContextSources("/nix", Map.of(), Map.of("narthex.hostname", "server-config"));
    assertEquals("server-config", read().site().hostname());

    environment.put("NARTHEX_HOSTNAME", "environment");
    assertEquals("environment", read().site().hostname());

    properties.put("narthex.hostname", "property");
    assertEquals("property", read().site().hostname());

    write("etc/narthex.nix.properties", "narthex.hostname=context-file\n");
    assertEquals("context-file", read().site().hostname());

    Map<String, String> parameters = Map.of("narthex.hostname", "parameter");
    context = new ContextSources("/nix", parameters, Map.of("narthex.hostname", "server-config"));
    assertEquals("parameter", read().site().hostname());

    context = ContextSources.ROOT;
    assertEquals("root-file", read().site().hostname());
  }

  @Test
  void theFileOfAContextLiesBesideTheFileThatIsNamed() throws IOException {
    Path named = write("elsewhere/my.properties", "narthex.http.port=11\n");
    write("elsewhere/narthex.nix.properties", "narthex.hostname=context-file\n");
    write("etc/narthex.nix.properties", "narthex.hostname=wrong\n");
    properties.put("narthex.config-file", named.toString());
    context = new ContextSources("/nix", Map.of(), Map.of());

    assertEquals("context-file", read().site().hostname());
    assertEquals(11, read().http().port());
  }

  @Test
  void aWrongSettingOfAContextSaysWhereItIs() throws IOException {
    context = new ContextSources("/nix", Map.of("narthex.bogus", "1"), Map.of());
    assertRefused("narthex.bogus (context parameter): ");

    context = new ContextSources("/nix", Map.of(), Map.of("narthex.http.port", "x"));
    assertRefused("narthex.http.port (MicroProfile Config of the server): 'x' is refused");

    context = new ContextSources("/nix", Map.of(), Map.of());
    Path file = write("etc/narthex.nix.properties", "narthex.http.port=x\n");
    assertRefused("narthex.http.port (file " + file + "): 'x' is refused");
  }

  private void assertRefused(String start) {
    SettingsException refused = assertThrows(SettingsException.class, this::read);
    assertTrue(String.valueOf(refused.getMessage()).startsWith(start), refused::getMessage);
  }
}
