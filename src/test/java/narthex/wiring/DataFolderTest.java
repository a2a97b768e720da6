package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import narthex.settings.SettingsException;
import narthex.testing.OtherJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataFolderTest {

  @TempDir private Path root;

  @Test
  void anotherDeploymentOfTheSameProcessIsRefused() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("link"), Files.createDirectory(data()));
    try (DataFolder held = DataFolder.hold(data(), "context /")) {
      assertRefused(link, "context /");
      assertRefused(data(), "context /");
    }
    DataFolder.hold(link, "context /nix").close();
  }

  @Test
  void anotherProcessIsRefusedUntilThisOneEnds() throws Exception {
    Process other = startHolder();
    try {
      assertRefused(data(), "the other process");
    } finally {
      other.destroyForcibly().waitFor(); // SIGKILL
    }

    DataFolder.hold(data(), "this one").close();
  }

  @Test
  void oneThatWasRefusedHereDoesNotLetAnotherProcessIn() throws Exception {
    try (DataFolder held = DataFolder.hold(data(), "this one")) {
      assertRefused(data(), "this one");

      Process other = program();
      String said = read(other);
      other.waitFor();
      assertTrue(said.contains("in use by another Narthex (this one)"), said);
    }
  }

  private void assertRefused(Path folder, String holder) {
    SettingsException refused =
        assertThrows(SettingsException.class, () -> DataFolder.hold(folder, "late").close());
    assertEquals(
        "narthex.data-dir: "
            + folder
            + " is in use by another Narthex ("
            + holder
            + "); give each one a data folder of its own, or stop the other",
        refused.getMessage());
  }

  private Path data() {
    return root.resolve("data");
  }

  private Process startHolder() throws IOException {
    Process other = program();
    assertEquals("held", read(other));
    return other;
  }

  private static String read(Process program) throws IOException {
    BufferedReader lines = program.inputReader(StandardCharsets.UTF_8);
    return String.valueOf(lines.readLine());
  }

  private Process program() throws IOException {
    return OtherJvm.of(Holder.class, List.of(), data().toString())
        .redirectErrorStream(true)
        .start();
  }

  /** The other process: locks the directory, prints a line and waits to be killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] arguments) throws IOException {
      try {
        DataFolder.hold(Path.of(arguments[0]), "the other process");
      } catch (SettingsException refused) {
        System.out.println(refused.getMessage());
        return;
      }
      System.out.println("held");
      System.in.read();
    }
  }
}
