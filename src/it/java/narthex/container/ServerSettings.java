package narthex.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The settings file in the server under test, which is read at deployment. */
final class ServerSettings {
  private ServerSettings() {}

  /** Writes a setting for all later deployments, until it is deleted. */
  static void write(String line) throws IOException {
    Files.writeString(file(), line + "\n");
  }

  /** Writes a setting for later deployments under one context path. */
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
