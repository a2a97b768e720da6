package narthex.standalone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Unpacks the WAR, unless an earlier process left it {@linkplain KeptWar unpacked}, and runs
 * something in a class loader for its classes and libraries. The private folder of the process is
 * deleted at exit.
 */
final class Unpacking {
  /** Where systemd names the folder of a unit's {@code CacheDirectory}. */
  private static final String CACHE_VARIABLE = "CACHE_DIRECTORY";

  private final List<Runnable> atExit = new ArrayList<>(); // guarded by itself

  /** What runs in the class loader. */
  interface Task {
    /**
     * Runs.
     *
     * @param war the unpacked WAR
     * @param folder a private folder of this process
     * @return the exit status
     */
    int run(ClassLoader loader, Path war, Path folder) throws ReflectiveOperationException;
  }

  /** Registers an action to run at shutdown. */
  void atExit(Runnable action) {
    synchronized (atExit) {
      atExit.add(action);
    }
  }

  /**
   * Runs a task.
   *
   * @throws IOException if the WAR can't be unpacked; the message is one line
   */
  int run(Task task) throws IOException, ReflectiveOperationException {
    String cache = System.getenv(CACHE_VARIABLE);
    boolean isTemporary = cache == null || cache.isEmpty();
    String parent = isTemporary ? System.getProperty("java.io.tmpdir") : cache;
    PrivateFolder folder;
    Path war;
    ClassLoader loader;
    try (WarFile packed = WarFile.open(UnpackedWar.ownWar())) {
      KeptWar kept = KeptWar.claim(packed, Path.of(parent));
      folder = PrivateFolder.create(Path.of(parent), kept.lockFile());
      Runtime.getRuntime().addShutdownHook(new Thread(() -> end(folder, kept), "narthex-shutdown"));
      war = kept.unpacked(folder.path());
      loader = IndexedClassLoader.of(war);
    } catch (IOException failure) {
      throw new IOException(
          (isTemporary ? "java.io.tmpdir" : CACHE_VARIABLE)
              + ": cannot unpack the WAR into "
              + parent
              + ": "
              + failure,
          failure);
    }
    // Unpack native libraries of SQLite, zstd and Brotli into the folder, which is deleted at exit.
    System.setProperty("org.sqlite.tmpdir", folder.path().toString());
    System.setProperty("ZstdTempFolder", folder.path().toString());
    System.setProperty("java.io.tmpdir", folder.path().toString()); // for Brotli
    Thread.currentThread().setContextClassLoader(loader);
    return task.run(loader, war, folder.path());
  }

  private void end(PrivateFolder folder, KeptWar kept) {
    try {
      List<Runnable> all;
      synchronized (atExit) {
        all = List.copyOf(atExit);
      }
      all.forEach(Runnable::run);
    } finally {
      folder.close();
      kept.close();
      PatientLogging.letGo();
    }
  }
}
