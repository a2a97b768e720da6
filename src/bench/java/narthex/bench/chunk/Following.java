package narthex.bench.chunk;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.bench.Figures;
import narthex.bench.Leftovers;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.settings.ContextSources;
import narthex.settings.Settings;
import narthex.settings.SettingsSources;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import narthex.staging.RegistryTraffic;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.upstream.Upstreams;
import narthex.wiring.Assembly;
import narthex.wiring.ThreadPools;
import narthex.wiring.UpstreamAssembly;

/**
 * Compares a reader of the replica that fetches a NAR with one of a replica that follows it. Both
 * replicas are in one process, over one folder and one SQLite database.
 */
final class Following {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final double NANOS = 1e9;
  private static final double MILLIS = 1e6;
  private static final double MEGABYTE = 1e6;

  private final Path folder;
  private final int rounds;
  private final RegistryTraffic traffic = new RegistryTraffic();
  private final ExecutorService readers = Executors.newCachedThreadPool();

  Following(Path folder, int rounds) {
    this.folder = folder;
    this.rounds = rounds;
  }

  /** When a reader got its first byte and its last one, in System.nanoTime(). */
  private record Times(long first, long last) {}

  /** Prints a table for the decoded NAR of this file. */
  void print(Sample sample, String mode) throws IOException {
    List<Double> holders = new ArrayList<>();
    List<Double> followers = new ArrayList<>();
    List<Double> later = new ArrayList<>();
    for (int round = 0; round <= rounds; round++) {
      traffic.clear();
      Path own = Files.createDirectories(folder.resolve(mode + "-" + round));
      long begun = System.nanoTime();
      Times[] times = read(own, sample, mode);
      if (round > 0) {
        holders.add(speed(sample, begun, times[0]));
        followers.add(speed(sample, begun, times[1]));
        later.add((times[1].first() - times[0].first()) / MILLIS);
      }
      Leftovers.remove(own);
    }
    Figures figures =
        new Figures(String.format(Locale.ROOT, "A replica that follows, mode %s", mode));
    figures.add("holder's reader, MB/s", holders);
    figures.add("follower's reader, MB/s", followers);
    figures.add("ratio", followers, holders);
    figures.add("first byte after the holder's, ms", later);
    RegistryTraffic.Sums sums = traffic.replicate();
    System.out.printf(
        Locale.ROOT,
        "The registry, last round: %d parts, %d extents; for each part %.0f bytes of entries, %.0f"
            + " bytes sent (of both replicas, without TLS and TCP)%n",
        sums.parts(),
        sums.extents(),
        (double) sums.textBytes() / sums.parts(),
        (double) sums.sentBytes() / sums.parts());
  }

  private static double speed(Sample sample, long begun, Times times) {
    return sample.narBytes() / MEGABYTE / ((times.last() - begun) / NANOS);
  }

  private Times[] read(Path own, Sample sample, String mode) throws IOException {
    LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
    NarFileName nar = sample.name().uncompressed();
    try (FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
        Replica holder =
            new Replica(own, mode, upstream, traffic.record(new LocalRegistry(board, "holder")));
        Replica follower = new Replica(own, mode, upstream, new LocalRegistry(board, "follower"))) {
      upstream.put("/nar/" + sample.name().print(), sample.file());
      CompletableFuture<Long> opened = new CompletableFuture<>();
      CompletableFuture<Times> first =
          CompletableFuture.supplyAsync(() -> holder.read(nar, opened), readers);
      opened.join();
      Times second = follower.read(nar, new CompletableFuture<>());
      int gets = upstream.requests().count("GET", "/nar/" + sample.name().print());
      if (gets != 1) {
        throw new IOException("the upstream got " + gets + " requests: nothing was followed");
      }
      return new Times[] {first.join(), second};
    }
  }

  void close() {
    readers.shutdownNow();
  }

  /** A replica without HTTP. */
  private static final class Replica implements AutoCloseable {
    private final Database database;
    private final BlobStore blobs;
    private final Upstreams upstreams;
    private final ExecutorService tasks = ThreadPools.unbounded("bench");
    private final ExecutorService checkers = ThreadPools.unbounded("bench-check");
    private final ExecutorService prefetchers = ThreadPools.prefetching("bench-prefetch");
    private final Assembly assembly;

    Replica(Path folder, String mode, FaultyUpstream upstream, InFlightRegistry registry)
        throws IOException {
      Settings settings =
          Settings.read(
              new SettingsSources(
                  Map.of(
                      "narthex.data-dir",
                      folder.toString(),
                      "narthex.blob.url",
                      folder.resolve("blobs").toString(),
                      "narthex.upstreams",
                      upstream.url(),
                      "narthex.upstream.allow-unsigned",
                      "true",
                      "narthex.upstream.proxy",
                      "direct",
                      "narthex.cdc.mode",
                      mode),
                  Map.of(),
                  folder,
                  folder.resolve("etc"),
                  "bench",
                  ContextSources.ROOT));
      database = Database.open(new DatabaseAddress(settings.database().url(), null, null, null));
      blobs = DirectoryBlobStore.open(folder.resolve("blobs"));
      DecoderBudget decoders = DecoderBudget.inHeap(0);
      upstreams = UpstreamAssembly.open(settings, tasks, decoders.share(Work.DOWNLOADS));
      assembly =
          new Assembly(
              settings,
              new Assembly.Base(
                  new Assembly.Shared(database, blobs, Optional.of(registry)),
                  upstreams,
                  decoders,
                  new Assembly.Threads(tasks, checkers, prefetchers),
                  InstantSource.system()));
    }

    Times read(NarFileName name, CompletableFuture<Long> opened) {
      byte[] buffer = new byte[BUFFER_BYTES];
      try (NarSource source = assembly.lookups().nars().find(name).orElseThrow();
          InputStream in = source.open(0)) {
        int count = in.read(buffer, 0, 1);
        long first = System.nanoTime();
        opened.complete(first);
        while (count >= 0) {
          count = in.read(buffer, 0, buffer.length);
        }
        return new Times(first, System.nanoTime());
      } catch (IOException e) {
        opened.completeExceptionally(e);
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      upstreams.close();
      for (ExecutorService pool : List.of(tasks, checkers, prefetchers)) {
        pool.shutdownNow();
      }
      blobs.close();
      database.close();
    }
  }
}
