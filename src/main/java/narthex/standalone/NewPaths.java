package narthex.standalone;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names that appear in the folder of a Nix store. Nix creates and deletes the file {@code
 * <path>.lock} while it makes a path, so a name is reported again when its path is complete. Lists
 * the folder now and then, because the system may lose events. Only one thread takes; closing it
 * from another one ends that.
 */
final class NewPaths implements AutoCloseable {
  /** {@code <hash>-<name>}, perhaps with the ending of the lock. */
  private static final Pattern NAME =
      Pattern.compile("([0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+._?=-]+?)(\\.lock)?");

  private static final int HASH_LENGTH = 32;

  /** More names at once are found by listing the folder. */
  private static final int MOST = 10_000;

  private final Path folder;
  private final Duration quiet;
  private final Duration listEvery;
  private final WatchService watcher;
  private final Set<String> found = new LinkedHashSet<>();
  private Set<Long> known = new HashSet<>();
  private volatile boolean isClosed;
  private boolean hasLost;
  private long listedAt;

  /**
   * Starts to watch. What is in the folder now isn't new.
   *
   * @param quiet how long nothing must happen before names are reported
   * @param listEvery how often the folder is listed
   */
  NewPaths(Path folder, Duration quiet, Duration listEvery) throws IOException {
    this.folder = folder;
    this.quiet = quiet;
    this.listEvery = listEvery;
    this.watcher = folder.getFileSystem().newWatchService();
    folder.register(
        watcher, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_DELETE);
    list();
    found.clear();
  }

  /**
   * Waits for new names, at most so long. Reports them when no more come for a while.
   *
   * @return base names of store paths, perhaps not valid (yet); empty if the time is over. After
   *     {@link #close}, those that appeared before, at once
   */
  List<String> take(Duration most) throws IOException, InterruptedException {
    long end = System.nanoTime() + most.toNanos();
    long wait = most.toNanos();
    while (wait > 0) {
      WatchKey key;
      try {
        key = watcher.poll(wait, TimeUnit.NANOSECONDS);
      } catch (ClosedWatchServiceException closed) {
        hasLost = true; // events that nobody took
        break;
      }
      if (key == null) {
        break;
      }
      key.pollEvents().forEach(this::note);
      if (!key.reset()) {
        throw new IOException(folder + " is gone");
      }
      wait = Math.min(quiet.toNanos(), end - System.nanoTime());
    }
    if (hasLost || System.nanoTime() - listedAt > listEvery.toNanos()) {
      list();
    }
    List<String> names = new ArrayList<>(found);
    found.clear();
    return names;
  }

  /** Returns whether it is closed. */
  boolean isClosed() {
    return isClosed;
  }

  @Override
  public void close() throws IOException {
    isClosed = true;
    watcher.close();
  }

  private void note(WatchEvent<?> event) {
    if (!(event.context() instanceof Path path) || found.size() >= MOST) {
      hasLost = true;
      return;
    }
    add(path.toString());
  }

  private void add(String file) {
    Matcher name = NAME.matcher(file);
    if (name.matches() && !name.group(1).endsWith(".drv")) {
      found.add(name.group(1));
    }
  }

  /** Remembers what is there as 64 bits for each name, so that large stores take little memory. */
  private void list() throws IOException {
    Set<Long> present = new HashSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        if (NAME.matcher(name).matches()) {
          long start = bits(name);
          present.add(start);
          if (!known.contains(start)) {
            add(name);
          }
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    known = present;
    hasLost = false;
    listedAt = System.nanoTime();
  }

  /** A number that stands for the hash in a name. */
  private static long bits(String name) {
    long bits = 0;
    for (int i = 0; i < HASH_LENGTH; i++) {
      bits = bits * 37 + Character.digit(name.charAt(i), 36);
    }
    return bits;
  }
}
