package narthex.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/** The WAR that contains the {@link Launcher}. */
final class UnpackedWar {

  static final String CLASSES = "WEB-INF/classes/";

  private UnpackedWar() {}

  /** Returns the web application in the unpacked WAR. */
  static Path webApplication(Path folder) {
    return folder.resolve("webapp");
  }

  /** Returns the help text on settings, whose classes the launcher of a WAR doesn't have. */
  static String settingsPage() {
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {URI.create("jar:" + ownFile().toUri() + "!/" + CLASSES).toURL()},
            Launcher.class.getClassLoader())) {
      return (String)
          loader.loadClass("narthex.settings.SettingPages").getMethod("printHelp").invoke(null);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (ReflectiveOperationException incomplete) {
      throw new IllegalStateException("the WAR is incomplete", incomplete);
    }
  }

  /** Returns the file that the {@link Launcher} was loaded from: the WAR, or what was extracted. */
  static Path ownFile() {
    try {
      return Path.of(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
