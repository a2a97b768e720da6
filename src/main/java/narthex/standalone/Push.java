package narthex.standalone;

import java.io.FileNotFoundException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import narthex.nix.Sha256;
import org.jspecify.annotations.Nullable;

/**
 * Uploads paths that a server doesn't have: the NARs in parallel, and each narinfo after its NAR
 * and after the narinfos of its references, so that no reader sees a path without its references.
 * Memory doesn't depend on the size of NARs. Thread-safe.
 */
final class Push {
  /** From this size, asking whether the server has a NAR is cheaper than to send it again. */
  private static final long WORTH_ASKING_BYTES = 256 << 10;

  private static final int BUFFER_BYTES = 64 << 10;

  /**
   * How to push.
   *
   * @param zstd compresses; null to send NARs as they are
   * @param key signs the narinfos; null for the signatures of the store alone
   * @param folder for compressed NARs
   */
  record Way(@Nullable ZstdLibrary zstd, @Nullable UploadKey key, Path folder) {}

  private final CacheClient cache;
  private final NixStore store;
  private final PushProgress progress;
  private final Executor threads;
  private final Way way;
  private final AtomicLong uploadedPaths = new AtomicLong();
  private final AtomicLong uploadedBytes = new AtomicLong();

  /**
   * @param threads as many NARs are sent at once
   */
  Push(CacheClient cache, NixStore store, PushProgress progress, Executor threads, Way way) {
    this.cache = cache;
    this.store = store;
    this.progress = progress;
    this.threads = threads;
    this.way = way;
  }

  /** Returns how many paths were uploaded. */
  long uploadedPaths() {
    return uploadedPaths.get();
  }

  /** Returns the NarSize of all that was uploaded. */
  long uploadedBytes() {
    return uploadedBytes.get();
  }

  /** Finds which paths of a closure the server doesn't have, in the same order. */
  List<PathInfo> missing(List<PathInfo> closure) throws IOException {
    Set<String> missing =
        new HashSet<>(cache.missing(closure.stream().map(PathInfo::path).toList()));
    return closure.stream().filter(info -> missing.contains(info.path())).toList();
  }

  /**
   * Uploads paths.
   *
   * @param paths references first; what they refer to besides is stored
   * @return what failed and why, for each path that failed by itself
   */
  List<String> upload(List<PathInfo> paths) {
    if (!paths.isEmpty()) {
      progress.announce(paths.stream().mapToLong(PathInfo::narSize).sum());
    }
    List<String> failures = new ArrayList<>(); // guarded by itself
    Map<String, CompletableFuture<Void>> all = new HashMap<>();
    for (PathInfo path : paths) {
      CompletableFuture<?>[] references =
          path.references().stream()
              .map(all::get)
              .filter(reference -> reference != null)
              .toArray(CompletableFuture<?>[]::new);
      CompletableFuture<Void> nar =
          CompletableFuture.runAsync(() -> attempt(() -> sendNar(path), path, failures), threads);
      CompletableFuture<Void> whole =
          CompletableFuture.allOf(references)
              .thenCombine(nar, (first, second) -> second)
              .thenRunAsync(() -> attempt(() -> sendNarInfo(path), path, failures), threads);
      all.put(path.baseName(), whole);
    }
    all.values().forEach(Push::await);
    synchronized (failures) {
      if (failures.isEmpty()
          && all.values().stream().anyMatch(CompletableFuture::isCompletedExceptionally)) {
        failures.add("ended before all was sent");
      }
      return List.copyOf(failures);
    }
  }

  /** A step of an upload. */
  private interface Step {
    void run() throws IOException;
  }

  private static void attempt(Step step, PathInfo path, List<String> failures) {
    try {
      step.run();
    } catch (IOException | RuntimeException e) {
      throw failed(path, e.getMessage(), e, failures);
    } catch (Error e) { // such as a native library that can't be loaded
      throw failed(path, e.toString(), e, failures);
    }
  }

  private static CompletionException failed(
      PathInfo path, @Nullable String reason, Throwable failure, List<String> failures) {
    synchronized (failures) {
      failures.add(path.path() + ": " + reason);
    }
    return new CompletionException(failure);
  }

  private static void await(CompletableFuture<Void> path) {
    try {
      path.join();
    } catch (CompletionException counted) {
      // it is in the list of failures, or a reference is
    }
  }

  private void sendNar(PathInfo path) throws IOException {
    if (path.narSize() >= WORTH_ASKING_BYTES && cache.hasNar(path.narHash())) {
      progress.count(path.narSize());
    } else if (way.zstd() == null) {
      cache.retrying(() -> sendPlain(path));
    } else {
      sendCompressed(path, way.zstd());
    }
  }

  private boolean sendPlain(PathInfo path) throws IOException {
    return store.dump(
        path,
        nar -> {
          cache.putOnce(
              "nar/" + path.narHash() + ".nar",
              BodyPublishers.fromPublisher(
                  BodyPublishers.ofInputStream(() -> new Counting(nar)), path.narSize()));
          return true;
        });
  }

  private void sendCompressed(PathInfo path, ZstdLibrary zstd) throws IOException {
    Path file = Files.createTempFile(way.folder(), "nar", ".zst");
    try {
      MessageDigest digest = Sha256.newDigest();
      store.dump(
          path,
          nar -> {
            try (OutputStream target =
                zstd.encode(new DigestOutputStream(Files.newOutputStream(file), digest))) {
              return new Counting(nar).transferTo(target);
            }
          });
      String name = "nar/" + Sha256.of(digest.digest()).nix32() + ".nar.zst";
      cache.put(name, () -> file(file));
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private static BodyPublisher file(Path file) {
    try {
      return BodyPublishers.ofFile(file);
    } catch (FileNotFoundException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void sendNarInfo(PathInfo path) throws IOException {
    UploadKey key = way.key();
    List<String> more = key == null ? List.of() : List.of(key.sign(path.fingerprint()));
    String text = path.narInfo(more);
    cache.put(path.hash() + ".narinfo", () -> BodyPublishers.ofString(text));
    uploadedPaths.incrementAndGet();
    uploadedBytes.addAndGet(path.narSize());
    progress.tell(path.path());
  }

  /** Counts what is read. */
  private final class Counting extends FilterInputStream {
    Counting(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = in.read(buffer, offset, Math.min(length, BUFFER_BYTES));
      if (read > 0) {
        progress.count(read);
      }
      return read;
    }
  }
}
