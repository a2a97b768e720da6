package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Unpacks the WAR that contains the {@link Launcher}, and loads classes from it. */
final class UnpackedWar {

  private static final String OWN_CLASSES = "META-INF/versions/17/narthex/";
  private static final String LAUNCHER_ONLY = "META-INF/versions/17/";
  private static final String CLASSES = "WEB-INF/classes/";
  private static final List<String> LIBRARIES = List.of("WEB-INF/lib-boot/", "WEB-INF/lib/");

  private final URL[] classPath;

  private UnpackedWar(URL[] classPath) {
    this.classPath = classPath;
  }

  /**
   * Unpacks the WAR into a folder: libraries to {@code lib}, so that the web application's class
   * loader doesn't load them again; this package to {@code standalone}; the rest to {@code webapp}.
   *
   * @throws IOException if the WAR can't be read or the folder can't be written
   */
  static UnpackedWar unpack(Path folder) throws IOException {
    try (ZipFile zip = new ZipFile(ownWar().toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path target = folder.resolve(targetOf(entry.getName())).normalize();
        if (entry.isDirectory()
            || !target.startsWith(folder)
            || isOfLauncherOnly(entry.getName())) {
          continue;
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, target);
        }
      }
    }
    return new UnpackedWar(classPath(folder));
  }

  /** Returns a new class loader for the unpacked classes and libraries and those of the JDK. */
  ClassLoader classLoader() {
    return new URLClassLoader("narthex", classPath, ClassLoader.getPlatformClassLoader());
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

  private static Path ownWar() {
    try {
      return Path.of(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static boolean isOfLauncherOnly(String name) {
    return name.startsWith(LAUNCHER_ONLY) && !name.startsWith(OWN_CLASSES);
  }

  private static String targetOf(String name) {
    for (String libraries : LIBRARIES) {
      if (name.startsWith(libraries)) {
        return "lib/" + name.substring(libraries.length());
      }
    }
    if (name.startsWith(LAUNCHER_ONLY)) {
      return "standalone/" + name.substring(LAUNCHER_ONLY.length());
    }
    return "webapp/" + name;
  }

  private static URL[] classPath(Path folder) throws IOException {
    List<URL> urls = new ArrayList<>();
    urls.add(folder.resolve("standalone/").toUri().toURL());
    urls.add(folder.resolve("webapp").resolve(CLASSES).toUri().toURL());
    try (DirectoryStream<Path> libraries =
        Files.newDirectoryStream(folder.resolve("lib"), "*.jar")) {
      for (Path library : libraries) {
        urls.add(library.toUri().toURL());
      }
    }
    return urls.toArray(URL[]::new);
  }
}
