package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * The WAR's library for zstd, for commands that need nothing else of the WAR. It is copied out of
 * the WAR, which takes less time than to unpack all of it.
 */
final class ZstdLibrary {
  private static final String ENCODER = "com.github.luben.zstd.ZstdOutputStreamNoFinalizer";
  private static final String PLACE = "WEB-INF/lib/zstd-jni";

  /** Nix's default is slower and much smaller; this is faster than most networks. */
  private static final int LEVEL = 3;

  private final Constructor<?> encoder;

  private ZstdLibrary(Constructor<?> encoder) {
    this.encoder = encoder;
  }

  /**
   * Loads the library.
   *
   * @param folder for the library; deleted by the caller at the end
   * @throws IOException if the system doesn't load it, such as from a file system without programs
   */
  static ZstdLibrary load(Path folder) throws IOException {
    System.setProperty("ZstdTempFolder", folder.toString());
    try {
      ClassLoader loader = ZstdLibrary.class.getClassLoader();
      if (loader == null || loader.getResource(ENCODER.replace('.', '/') + ".class") == null) {
        loader = fromWar(folder);
      }
      return new ZstdLibrary(
          Class.forName(ENCODER, true, loader).getConstructor(OutputStream.class, int.class));
    } catch (LinkageError e) {
      throw new IOException(
          "cannot load the library for zstd from "
              + folder
              + "; set -Djava.io.tmpdir to a folder without noexec, or use --compression none: "
              + e.getMessage(),
          e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the WAR is incomplete", e);
    }
  }

  /** Opens a stream that compresses. The caller closes it, which closes the target. */
  OutputStream encode(OutputStream target) throws IOException {
    try {
      return (OutputStream) encoder.newInstance(target, LEVEL);
    } catch (ReflectiveOperationException e) {
      throw new IOException("cannot compress with zstd: " + e.getCause(), e);
    }
  }

  private static ClassLoader fromWar(Path folder) throws IOException {
    Path copy = folder.resolve("zstd.jar");
    try (JarFile war = new JarFile(UnpackedWar.ownFile().toFile())) {
      JarEntry library =
          war.stream()
              .filter(entry -> entry.getName().startsWith(PLACE))
              .findFirst()
              .orElseThrow(() -> new IllegalStateException("the WAR is incomplete: " + PLACE));
      try (InputStream in = war.getInputStream(library)) {
        Files.copy(in, copy);
      }
    }
    return new URLClassLoader(new URL[] {copy.toUri().toURL()}, null);
  }
}
