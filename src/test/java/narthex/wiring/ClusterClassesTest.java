package narthex.wiring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that isn't in a cluster doesn't pay for it. */
class ClusterClassesTest {
  /** Starts and stops the components of a lone server; runs in a class loader of its own. */
  public static final class Alone implements Consumer<Path> {
    /** Made by reflection. */
    public Alone() {}

    @Override
    public void accept(Path folder) {
      Map<String, String> properties =
          Map.of("narthex.data-dir", folder.toString(), "narthex.upstreams", "");
      Settings settings =
          Settings.read(
              new SettingsSources(properties, Map.of(), folder, folder, "a", ContextSources.ROOT));
      try {
        Components.open(settings, "/", 10).close();
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /**
   * Loads our classes itself, and remembers which classes of the cluster's libraries it is asked
   * for.
   */
  private static final class Watching extends URLClassLoader {
    final Set<String> asked = new ConcurrentSkipListSet<>();

    Watching(List<URL> places) {
      super(places.toArray(URL[]::new), ClusterClassesTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.infinispan.")
          || name.startsWith("org.jgroups.")
          || name.startsWith("io.reactivex.")) {
        asked.add(name);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> known = findLoadedClass(name);
        if (known == null && name.startsWith("narthex.")) {
          known = findClass(name);
        }
        return known == null ? super.loadClass(name, resolve) : known;
      }
    }
  }

  @Test
  void aLoneServerLoadsNoClassOfTheCluster(@TempDir Path folder) throws Exception {
    List<URL> places = new ArrayList<>();
    for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
      places.add(Path.of(place).toUri().toURL());
    }
    try (Watching loader = new Watching(places)) {
      @SuppressWarnings("unchecked")
      Consumer<Path> alone =
          (Consumer<Path>)
              loader.loadClass(Alone.class.getName()).getDeclaredConstructor().newInstance();
      assertSame(loader, alone.getClass().getClassLoader());
      alone.accept(folder);
      assertEquals(Set.of(), loader.asked);
    }
  }
}
