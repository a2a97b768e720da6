package narthex.bench.space;

import com.github.luben.zstd.ZstdInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import narthex.bench.http.Fixtures;
import narthex.bench.http.PlainHttp;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.Sha256;

/** Clients that read NARs by their narinfos, at random, and check every byte. */
final class Clients implements AutoCloseable {
  private final int port;
  private final WorkingSet set;
  private final ExecutorService threads;
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicLong nars = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong running = new AtomicLong();
  private final AtomicLong ended = new AtomicLong();
  private volatile boolean isClosed;

  Clients(int port, WorkingSet set, int count) {
    this.port = port;
    this.set = set;
    this.threads = Executors.newFixedThreadPool(count);
    for (int i = 0; i < count; i++) {
      SplittableRandom random = new SplittableRandom(100 + i);
      threads.execute(() -> read(random));
    }
  }

  long nars() {
    return nars.get();
  }

  long bytes() {
    return bytes.get();
  }

  /** The bytes that are being received, and those that were since the last call. */
  long takeFlight() {
    return running.get() + ended.getAndSet(0);
  }

  List<String> failures() {
    return failures;
  }

  private void read(SplittableRandom random) {
    try (PlainHttp server = new PlainHttp(port)) {
      while (!isClosed) {
        read(server, set.choose(random));
      }
    } catch (IOException | RuntimeException e) {
      if (!isClosed) {
        failures.add(e.toString());
      }
    }
  }

  private void read(PlainHttp server, Fixtures.Entry entry) throws IOException {
    long flight = Math.max(entry.nar().sizeBytes(), entry.file().sizeBytes());
    running.addAndGet(flight);
    try {
      check(server, entry);
    } finally {
      ended.addAndGet(flight);
      running.addAndGet(-flight);
    }
    nars.incrementAndGet();
    bytes.addAndGet(flight);
  }

  /** Reads a NAR by its narinfo. Fails if a byte is wrong. */
  static void check(PlainHttp server, Fixtures.Entry entry) throws IOException {
    NarInfo narInfo =
        NarInfo.parse(new String(get(server, entry.narInfoPath()), StandardCharsets.UTF_8));
    byte[] file = get(server, "/" + narInfo.file().url());
    Sha256 hash = hash(narInfo.file().compression(), file);
    if (!hash.equals(entry.nar().hash())) {
      throw new IOException("wrong bytes of " + narInfo.file().url());
    }
  }

  private static byte[] get(PlainHttp server, String path) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    server.get(path, (buffer, count) -> all.write(buffer, 0, count));
    return all.toByteArray();
  }

  private static Sha256 hash(Compression compression, byte[] file) throws IOException {
    MessageDigest digest;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
    if (compression == Compression.NONE) {
      return Sha256.of(digest.digest(file));
    }
    byte[] buffer = new byte[64 << 10];
    try (InputStream in = new ZstdInputStream(new ByteArrayInputStream(file))) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return Sha256.of(digest.digest());
  }

  @Override
  public void close() {
    isClosed = true;
    threads.shutdownNow();
  }
}
