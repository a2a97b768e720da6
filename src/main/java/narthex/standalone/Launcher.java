package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The main class of the WAR: unpacks it into a private folder, calls {@link Standalone} in a class
 * loader over its libraries and classes, and removes the folder when the virtual machine ends.
 *
 * <p>In the WAR this package lies in {@code META-INF/versions/17} (a multi-release JAR): the {@code
 * java} command finds it there, and no server ever sends anything from {@code META-INF} or lets a
 * web application load it.
 */
public final class Launcher {

  private static final String OWN_CLASSES = "META-INF/versions/17/";
  private static final String CLASSES = "WEB-INF/classes/";
  private static final List<String> LIBRARIES = List.of("WEB-INF/lib-boot/", "WEB-INF/lib/");

  private Launcher() {}

  /**
   * Runs Narthex until it is told to end.
   *
   * @param arguments see {@code --help}
   */
  public static void main(String[] arguments) throws IOException {
    PatientLogging.install();
    PrivateFolder folder = PrivateFolder.create(Path.of(System.getProperty("java.io.tmpdir")));
    List<Runnable> endings = new ArrayList<>(); // guarded by itself
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> end(endings, folder), "narthex-shutdown"));
    int status = run(arguments, folder.path(), ending -> remember(endings, ending));
    System.exit(status);
  }

  private static int run(String[] arguments, Path folder, Consumer<Runnable> atExit)
      throws IOException {
    unpack(ownWar(), folder);
    // Native libraries unpack themselves into files: they go where everything is removed.
    System.setProperty("org.sqlite.tmpdir", folder.toString());
    System.setProperty("ZstdTempFolder", folder.toString());
    ClassLoader loader =
        new URLClassLoader("narthex", classPath(folder), ClassLoader.getPlatformClassLoader());
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class<?> standalone = loader.loadClass("narthex.standalone.Standalone");
      Object status =
          standalone
              .getMethod("run", String[].class, Path.class, Consumer.class)
              .invoke(null, arguments, folder, atExit);
      return (Integer) status;
    } catch (InvocationTargetException failure) {
      throw new IllegalStateException("narthex ended unexpectedly", failure.getCause());
    } catch (ReflectiveOperationException incomplete) {
      throw new IllegalStateException("the WAR is not complete", incomplete);
    }
  }

  private static void remember(List<Runnable> endings, Runnable ending) {
    synchronized (endings) {
      endings.add(ending);
    }
  }

  private static void end(List<Runnable> endings, PrivateFolder folder) {
    try {
      List<Runnable> all;
      synchronized (endings) {
        all = List.copyOf(endings);
      }
      all.forEach(Runnable::run);
    } finally {
      folder.close();
      PatientLogging.letGo();
    }
  }

  private static Path ownWar() {
    try {
      return Path.of(Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * Libraries go to {@code lib}, so that only one class loader has them; the rest is the web
   * application in {@code webapp}.
   */
  private static void unpack(Path war, Path folder) throws IOException {
    try (ZipFile zip = new ZipFile(war.toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        Path target = folder.resolve(targetOf(entry.getName())).normalize();
        if (entry.isDirectory() || !target.startsWith(folder)) {
          continue;
        }
        Files.createDirectories(target.getParent());
        try (InputStream in = zip.getInputStream(entry)) {
          Files.copy(in, target);
        }
      }
    }
  }

  private static String targetOf(String name) {
    for (String libraries : LIBRARIES) {
      if (name.startsWith(libraries)) {
        return "lib/" + name.substring(libraries.length());
      }
    }
    if (name.startsWith(OWN_CLASSES)) {
      return "standalone/" + name.substring(OWN_CLASSES.length());
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
