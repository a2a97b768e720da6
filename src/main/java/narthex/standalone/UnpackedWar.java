package narthex.standalone;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Loads classes from the WAR that contains the {@link Launcher}. */
final class UnpackedWar {

  private static final String CLASSES = "WEB-INF/classes/";

  private UnpackedWar() {}

  /** Returns a new class loader for the unpacked classes and libraries and those of the JDK. */
  static ClassLoader classLoader(Path folder) throws IOException {
    return new URLClassLoader("narthex", classPath(folder), ClassLoader.getPlatformClassLoader());
  }

  /** Returns the web application in the unpacked WAR. */
  static Path webApplication(Path folder) {
    return folder.resolve("webapp");
  }

  /** Returns the help text on settings, loaded from the packed WAR. */
  static String settingsPage() {
    try (URLClassLoader loader =
        new URLClassLoader(
            new URL[] {URI.create("jar:" + ownWar().toUri() + "!/" + CLASSES).toURL()},
            ClassLoader.getPlatformClassLoader())) {
      return (String)
          loader.loadClass("narthex.settings.SettingPages").getMethod("printHelp").invoke(null);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    } catch (ReflectiveOperationException incomplete) {
      throw new IllegalStateException("the WAR is incomplete", incomplete);
    }
  }

  /** Returns the packed WAR. */
  static Path ownWar() {
    try {
      return Path.of(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static URL[] classPath(Path folder) throws IOException {
    List<Path> path = new ArrayList<>();
    path.add(folder.resolve("standalone"));
    path.add(webApplication(folder).resolve(CLASSES));
    try (DirectoryStream<Path> libraries =
        Files.newDirectoryStream(folder.resolve("lib"), "*.jar")) {
      libraries.forEach(path::add);
    }
    // The same order at every start.
    Collections.sort(path.subList(2, path.size()));
    List<URL> urls = new ArrayList<>();
    for (Path each : path) {
      urls.add(each.toUri().toURL());
    }
    return urls.toArray(URL[]::new);
  }
}
