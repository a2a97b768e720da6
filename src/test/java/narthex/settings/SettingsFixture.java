package narthex.settings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Settings from sources that the test provides, independent of the machine. */
public abstract class SettingsFixture {
  protected final Map<String, String> properties = new HashMap<>();
  protected final Map<String, String> environment = new HashMap<>();
  protected ContextSources context = ContextSources.ROOT;
  private Path folder = Path.of("");

  @BeforeEach
  protected final void useFolder(@TempDir Path fresh) {
    folder = fresh.toAbsolutePath().normalize();
  }

  /**
   * Returns a path in the test's directory: "work" is the working directory, "etc" stands for /etc.
   */
  protected final Path path(String name) {
    return folder.resolve(name);
  }

  protected final Path write(String name, String text) throws IOException {
    Path file = path(name);
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    return Files.writeString(file, text);
  }

  protected final Settings read() {
    return Settings.read(
        new SettingsSources(
            properties, environment, path("work"), path("etc"), "machine.example", context));
  }
}
