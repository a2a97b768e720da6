package narthex.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import narthex.blob.HotBytes;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.CopyingInputStream;
import narthex.stream.CorruptNarException;
import narthex.stream.DecoderShare;
import org.jspecify.annotations.Nullable;

/**
 * Caches popular NARs as local files in the form in which clients ask for them, if they are stored
 * in another one: decoded, or as the frames of their chunks back to back. So a server can send them
 * by sendfile, and a NAR that many clients download is decoded once. Smaller NARs are in {@link
 * HotBytes}.
 *
 * <p>A body that is read for the third time is written to a file in the background, one at a time.
 * The file is used only after its NAR was verified. Bounded in bytes; the files that were not used
 * for the longest time are deleted first, and those of a NAR whose stored forms change. A failure
 * of these files never fails a request. Thread-safe.
 */
public final class PopularFiles implements StoreListener {
  private static final System.Logger LOG = System.getLogger(PopularFiles.class.getName());

  /** Readings after which a body is popular, unless none comes for a while. */
  private static final int POPULAR = 3;

  private static final Duration FORGOTTEN_AFTER = Duration.ofMinutes(10);
  private static final int MOST_COUNTED = 10_000;

  /** A server opens the file of a response a moment after it got the path. */
  private static final Duration IN_USE = Duration.ofMinutes(1);

  /** Part of the free disk space that a new file may take. */
  private static final int FREE_PART = 10;

  private final Path folder;
  private final long mostBytes;
  private final DecoderShare decoders;
  private final Executor background;
  private final InstantSource clock;
  private final Cache<Body, AtomicInteger> readings =
      Caffeine.newBuilder()
          .maximumSize(MOST_COUNTED)
          .expireAfterAccess(FORGOTTEN_AFTER)
          .executor(Runnable::run)
          .build();

  /** By last use, the oldest first; guarded by itself. */
  private final Map<Body, Kept> files = new LinkedHashMap<>(16, 0.75f, true);

  /** Files that nobody gets any more, the oldest first; guarded by files. */
  private final Deque<Unused> unused = new ArrayDeque<>();

  /** Of all files and of the one that is being written; guarded by files. */
  private long usedBytes;

  /** Whether a file is being written; guarded by files. */
  private boolean writing;

  /** What is being written; null if its NAR has changed meanwhile. Guarded by files. */
  private @Nullable Body written;

  /**
   * What clients get.
   *
   * @param nar the NAR in it
   * @param compression its compression
   * @param entityTag tells bodies of one NAR in one compression apart
   * @param bytes its length
   */
  public record Body(NarId nar, Compression compression, String entityTag, long bytes) {}

  private record Kept(Path file, Instant lastUsed) {}

  private record Unused(Path file, long bytes, Instant since) {}

  /** Opens a body from its beginning. */
  @FunctionalInterface
  public interface Opener {
    InputStream open() throws IOException;
  }

  /**
   * Deletes the files of an earlier process.
   *
   * @param folder used by nothing else; created when it is needed
   * @param mostBytes limit of the length of all files; 0 to keep none
   * @param decoders memory for verifying files
   * @param background writes and verifies files; may reject tasks
   */
  public PopularFiles(
      Path folder,
      long mostBytes,
      DecoderShare decoders,
      Executor background,
      InstantSource clock) {
    this.folder = folder;
    this.mostBytes = mostBytes;
    this.decoders = decoders;
    this.background = background;
    this.clock = clock;
    deleteAll();
  }

  private void deleteAll() {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (DirectoryStream<Path> earlier = Files.newDirectoryStream(folder)) {
      earlier.forEach(PopularFiles::delete);
    } catch (IOException | DirectoryIteratorException e) {
      LOG.log(Level.WARNING, "copies of nars not deleted folder={0} reason={1}", folder, e);
    }
  }

  /** Returns the complete file of a body, if it has one. It stays for at least a minute. */
  public Optional<Path> find(Body body) {
    if (!mayHaveFile(body)) {
      return Optional.empty();
    }
    Kept kept;
    synchronized (files) {
      kept = files.computeIfPresent(body, (key, old) -> new Kept(old.file(), clock.instant()));
    }
    if (kept == null) {
      return Optional.empty();
    }
    if (!isWhole(kept.file(), body)) { // deleted or changed by somebody else
      forget(body, kept.file());
      return Optional.empty();
    }
    return Optional.of(kept.file());
  }

  private boolean mayHaveFile(Body body) {
    return body.bytes() > HotBytes.MOST_BYTES && body.bytes() <= mostBytes;
  }

  private static boolean isWhole(Path file, Body body) {
    try {
      return Files.size(file) == body.bytes();
    } catch (IOException e) {
      return false;
    }
  }

  /** Deletes a file that was found, but can't be used. */
  public void forget(Body body, Path file) {
    synchronized (files) {
      Kept kept = files.get(body);
      if (kept == null || !kept.file().equals(file)) {
        return;
      }
      files.remove(body);
      usedBytes -= body.bytes();
    }
    delete(file);
  }

  /**
   * Notes that a body without a file is read from its beginning. Begins to write its file if it has
   * become popular, and no other file is being written.
   *
   * @param opener called in a background thread
   */
  public void noteReading(Body body, Opener opener) {
    deleteUnused();
    if (!mayHaveFile(body)) {
      return;
    }
    int count = readings.get(body, first -> new AtomicInteger()).incrementAndGet();
    if (count < POPULAR || !begin(body)) {
      return;
    }
    try {
      background.execute(() -> keep(body, opener));
    } catch (RejectedExecutionException e) {
      end();
    }
  }

  private boolean begin(Body body) {
    synchronized (files) {
      if (writing) {
        return false;
      }
      writing = true;
      written = body;
      return true;
    }
  }

  private void end() {
    synchronized (files) {
      writing = false;
      written = null;
    }
  }

  private void keep(Body body, Opener opener) {
    try {
      Files.createDirectories(folder);
      if (reserve(body)) {
        keepReserved(body, opener);
      }
    } catch (IOException e) {
      LOG.log(
          e instanceof CorruptNarException ? Level.ERROR : Level.INFO,
          "popular nar not copied to a file hash={0} reason={1}",
          body.nar().hash().nix32(),
          e.toString());
    } finally {
      readings.invalidate(body);
      end();
    }
  }

  private void keepReserved(Body body, Opener opener) throws IOException {
    Path file = null;
    boolean kept = false;
    try {
      file = Files.createTempFile(folder, "nar-", ""); // a name that no other process has used
      write(body, opener, file);
      kept = publish(body, file);
    } finally {
      if (!kept) {
        if (file != null) {
          delete(file);
        }
        release(body);
      }
    }
  }

  /** Returns false if the NAR changed meanwhile. */
  private boolean publish(Body body, Path file) {
    synchronized (files) {
      if (!body.equals(written)) {
        return false;
      }
      files.put(body, new Kept(file, clock.instant()));
      return true;
    }
  }

  /** Writes a body, and verifies its NAR meanwhile. */
  private void write(Body body, Opener opener, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        InputStream in = new CopyingInputStream(opener.open(), out::write)) {
      NarReading.of(body.nar(), body.compression(), "the copy for " + file)
          .read(in, decoders, new NarReading.Watch() {});
    }
    if (!isWhole(file, body)) {
      throw new EOFException("read " + Files.size(file) + " bytes instead of " + body.bytes());
    }
  }

  /** Makes room for a new file; returns false if there is none at present. */
  private boolean reserve(Body body) throws IOException {
    if (body.bytes() > Files.getFileStore(folder).getUsableSpace() / FREE_PART) {
      return false;
    }
    Map<Body, Kept> victims = new LinkedHashMap<>();
    synchronized (files) {
      if (files.containsKey(body)) {
        return false;
      }
      Instant before = clock.instant().minus(IN_USE);
      long missing = usedBytes + body.bytes() - mostBytes;
      var oldest = files.entrySet().iterator();
      while (missing > 0) {
        Map.Entry<Body, Kept> victim = oldest.hasNext() ? oldest.next() : null;
        if (victim == null || victim.getValue().lastUsed().isAfter(before)) {
          return false;
        }
        victims.put(victim.getKey(), victim.getValue());
        missing -= victim.getKey().bytes();
      }
      for (Body victim : victims.keySet()) {
        files.remove(victim);
        usedBytes -= victim.bytes();
      }
      usedBytes += body.bytes();
    }
    victims.values().forEach(victim -> delete(victim.file()));
    return true;
  }

  private void release(Body body) {
    synchronized (files) {
      usedBytes -= body.bytes();
    }
  }

  /** Gives up the files of a NAR. They are deleted after a minute, when a NAR is read next. */
  @Override
  public void narChanged(Sha256 narHash) {
    giveUp(body -> body.nar().hash().equals(narHash));
  }

  @Override
  public void anyChanged() {
    giveUp(body -> true);
  }

  private void giveUp(Predicate<Body> changed) {
    synchronized (files) {
      if (written != null && changed.test(written)) {
        written = null;
      }
      var kept = files.entrySet().iterator();
      while (kept.hasNext()) {
        Map.Entry<Body, Kept> one = kept.next();
        if (changed.test(one.getKey())) {
          unused.add(new Unused(one.getValue().file(), one.getKey().bytes(), clock.instant()));
          kept.remove();
        }
      }
    }
  }

  private void deleteUnused() {
    Instant before = clock.instant().minus(IN_USE);
    while (true) {
      Unused oldest;
      synchronized (files) {
        oldest = unused.peek();
        if (oldest == null || oldest.since().isAfter(before)) {
          return;
        }
        unused.remove();
        usedBytes -= oldest.bytes();
      }
      delete(oldest.file());
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "copy of a nar not deleted file={0} reason={1}", file, e.toString());
    }
  }
}
