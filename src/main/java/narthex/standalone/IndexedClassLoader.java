package narthex.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Loads the classes and resources of an unpacked WAR with the help of its {@link ClassIndex}.
 * Thread-safe.
 *
 * <p>Like any class loader, it never closes libraries: the process ends with it.
 */
final class IndexedClassLoader extends URLClassLoader {

  static {
    registerAsParallelCapable();
  }

  private final Map<String, List<Path>> index;
  private final Map<Path, Place> places = new ConcurrentHashMap<>();

  private IndexedClassLoader(Map<String, List<Path>> index, URL[] classPath) {
    super("narthex", classPath, ClassLoader.getPlatformClassLoader());
    this.index = index;
  }

  /**
   * Returns a new class loader for an unpacked WAR and the JDK.
   *
   * @throws IOException if the WAR can't be read
   */
  static IndexedClassLoader of(Path folder) throws IOException {
    List<Path> classPath = ClassIndex.classPath(folder);
    URL[] urls = new URL[classPath.size()];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = classPath.get(i).toUri().toURL();
    }
    return new IndexedClassLoader(ClassIndex.read(folder), urls);
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    String file = name.replace('.', '/') + ".class";
    try {
      for (Path path : paths(file)) {
        Place place = place(path);
        byte[] code = place.read(file);
        if (code != null) {
          definePackageOnce(name.substring(0, Math.max(0, name.lastIndexOf('.'))));
          return defineClass(name, code, 0, code.length, place.source());
        }
      }
    } catch (IOException | UncheckedIOException unreadable) {
      throw new ClassNotFoundException(name, unreadable);
    }
    throw new ClassNotFoundException(name);
  }

  /** Returns where a file may be, in the order of the class path. */
  private List<Path> paths(String file) {
    return index.getOrDefault(ClassIndex.directory(file), List.of());
  }

  private Place place(Path path) {
    return places.computeIfAbsent(path, Place::of);
  }

  @Override
  public @Nullable URL findResource(String name) {
    try {
      Enumeration<URL> found = findResources(name);
      return found.hasMoreElements() ? found.nextElement() : null;
    } catch (IOException unreadable) {
      return null; // as the superclass does
    }
  }

  @Override
  public Enumeration<URL> findResources(String name) throws IOException {
    if (isDirectory(name)) {
      return super.findResources(name);
    }
    List<URL> found = new ArrayList<>();
    try {
      for (Path path : paths(name)) {
        URL url = place(path).find(name);
        if (url != null) {
          found.add(url);
        }
      }
    } catch (UncheckedIOException unreadable) {
      throw new IOException(unreadable);
    }
    return Collections.enumeration(found);
  }

  /** Directories are resources, too, but the index doesn't tell which of them there are. */
  private static boolean isDirectory(String name) {
    return name.isEmpty() || name.endsWith("/");
  }

  private void definePackageOnce(String name) {
    if (getDefinedPackage(name) == null) {
      try {
        definePackage(name, null, null, null, null, null, null, null);
      } catch (IllegalArgumentException defined) {
        // by another thread, just now
      }
    }
  }

  /**
   * A folder or library with classes.
   *
   * @param jar the library; null if it is a folder
   */
  private record Place(Path path, @Nullable JarFile jar, CodeSource source) {

    /** Libraries came with the WAR, so signatures in them aren't verified. */
    static Place of(Path path) {
      try {
        JarFile jar =
            Files.isDirectory(path)
                ? null
                : new JarFile(path.toFile(), false, ZipFile.OPEN_READ, Runtime.version());
        return new Place(
            path, jar, new CodeSource(path.toUri().toURL(), (Certificate @Nullable []) null));
      } catch (MalformedURLException impossible) {
        throw new IllegalStateException(impossible);
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }

    /** Returns the URL of a file, or null if it doesn't exist. */
    @Nullable URL find(String name) {
      try {
        if (jar == null) {
          Path file = path.resolve(name);
          return Files.exists(file) ? file.toUri().toURL() : null;
        }
        JarEntry entry = jar.getJarEntry(name);
        if (entry == null) {
          return null;
        }
        // A URL opens the entry that is named, not the one for this version of Java.
        String escaped = new URI(null, null, '/' + entry.getRealName(), null).getRawPath();
        return new URL("jar:" + path.toUri() + '!' + escaped);
      } catch (MalformedURLException | URISyntaxException impossible) {
        throw new IllegalArgumentException(name, impossible);
      }
    }

    /** Returns a file, or null if it doesn't exist. */
    byte @Nullable [] read(String name) throws IOException {
      if (jar == null) {
        try {
          return Files.readAllBytes(path.resolve(name));
        } catch (NoSuchFileException missing) {
          return null;
        }
      }
      ZipEntry entry = jar.getEntry(name);
      if (entry == null) {
        return null;
      }
      try (InputStream in = jar.getInputStream(entry)) {
        return in.readAllBytes();
      }
    }
  }
}
