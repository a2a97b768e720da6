package narthex.standalone;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Unpacks the WAR, unless an earlier process left it {@linkplain KeptWar unpacked} or it is {@link
 * ExtractedWar extracted}, and runs something in a class loader for its classes and libraries. The
 * private folder of the process is deleted at exit.
 */
final class Unpacking {
  /** Where systemd names the folder of a unit's {@code CacheDirectory}. */
  static final String CACHE_VARIABLE = "CACHE_DIRECTORY";

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
    Optional<Path> extracted = ExtractedWar.ofThisProcess();
    Ready ready;
    try {
      ready =
          extracted.isPresent()
              ? extracted(extracted.get(), Path.of(parent))
              : unpacked(Path.of(parent));
    } catch (IOException failure) {
      throw new IOException(
          (isTemporary ? "java.io.tmpdir" : CACHE_VARIABLE)
              + (extracted.isPresent() ? ": cannot write to " : ": cannot unpack the WAR into ")
              + parent
              + ": "
              + failure,
          failure);
    }
    String folder = ready.folder().toString();
    // Unpack native libraries of SQLite, zstd and Brotli into the folder, which is deleted at exit.
    System.setProperty("org.sqlite.tmpdir", folder);
    System.setProperty("ZstdTempFolder", folder);
    System.setProperty("java.io.tmpdir", folder); // for Brotli
    Thread.currentThread().setContextClassLoader(ready.loader());
    return task.run(ready.loader(), ready.war(), ready.folder());
  }

  /** What a task gets. */
  private record Ready(ClassLoader loader, Path war, Path folder) {}

  private Ready extracted(Path war, Path parent) throws IOException {
    PrivateFolder folder = PrivateFolder.create(parent, null);
    releaseAtExit(folder::close);
    return new Ready(Launcher.class.getClassLoader(), war, folder.path());
  }

  private Ready unpacked(Path parent) throws IOException {
    try (WarFile packed = WarFile.open(UnpackedWar.ownFile())) {
      KeptWar kept = KeptWar.claim(packed, parent);
      PrivateFolder folder = PrivateFolder.create(parent, kept.lockFile());
      releaseAtExit(
          () -> {
            folder.close();
            kept.close();
          });
      Path war = kept.unpacked(folder.path());
      return new Ready(IndexedClassLoader.of(war), war, folder.path());
    }
  }

  private void releaseAtExit(Runnable release) {
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(release), "narthex-shutdown"));
  }

  private void end(Runnable release) {
    try {
      List<Runnable> all;
      synchronized (atExit) {
        all = List.copyOf(atExit);
      }
      all.forEach(Runnable::run);
    } finally {
      release.run();
      PatientLogging.letGo();
    }
  }
}
