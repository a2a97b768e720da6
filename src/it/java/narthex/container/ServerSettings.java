package narthex.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file of settings in the server under test, which is read when a WAR is deployed. */
final class ServerSettings {
  private ServerSettings() {}

  /** Settings for who is deployed from now on, until they are deleted. */
  static void write(String line) throws IOException {
    Files.writeString(file(), line + "\n");
  }

  /** Settings for what is deployed under one context path, from now on. */
  static void writeFor(String context, String line) throws IOException {
    Files.writeString(file().resolveSibling("narthex." + context + ".properties"), line + "\n");
  }

  static void delete() throws IOException {
    Files.deleteIfExists(file());
  }

  private static Path file() {
    Path home = Path.of(System.getProperty("it.server.home"));
    Path tomcat = home.resolve("conf");
    Path folder =
        Files.isDirectory(tomcat) ? tomcat : home.resolve("standalone").resolve("configuration");
    return folder.resolve("narthex.properties");
  }
}
