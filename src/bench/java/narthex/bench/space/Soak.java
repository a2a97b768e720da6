package narthex.bench.space;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import narthex.bench.http.Fixtures;
import narthex.bench.http.NarthexServer;
import narthex.testing.FaultyUpstream;

/**
 * A server with a limit of space under a working set three times as large. Fails if a byte is
 * wrong, a request fails, or the store takes more than the limit and what is in flight.
 */
final class Soak {
  private static final long LIMIT = Long.getLong("bench.limit-megabytes", 300) * 1_000_000;
  private static final long MINUTES = Long.getLong("bench.minutes", 15);
  private static final int CLIENTS = Integer.getInteger("bench.clients", 6);
  private static final int TIMES = 3;

  /** How long what a client has received may still be on its way into the store. */
  private static final int FLIGHT_SECONDS = 3;

  private static final int PRINT_EVERY = 30;

  private final Path folder;
  private final List<String> failures = new ArrayList<>();
  private long most;
  private long mostExcess = Long.MIN_VALUE;
  private int above;

  Soak(Path folder) {
    this.folder = folder;
  }

  /** Runs a server in this mode. */
  void run(Path war, String mode) throws IOException, InterruptedException {
    Fixtures fixtures = new Fixtures(folder.resolve("upstream"));
    WorkingSet set = new WorkingSet(fixtures, TIMES * LIMIT);
    System.out.printf(
        "%nSoak, %s: limit %d MB, %d NARs, %d clients, %d minutes%n",
        mode, LIMIT / 1_000_000, set.size(), CLIENTS, MINUTES);
    Path data = folder.resolve("narthex-" + mode);
    List<String> options =
        List.of("-Xmx512m", "-Dnarthex.cdc.mode=" + mode, "-Dnarthex.max-size=" + LIMIT + "B");
    try (FaultyUpstream upstream = FaultyUpstream.start()) {
      upstream.putDirectory("/", folder.resolve("upstream"));
      int port = Integer.parseInt(upstream.url().substring(upstream.url().lastIndexOf(':') + 1));
      try (NarthexServer server =
          NarthexServer.start(war, data, options, port, fixtures.publicKey())) {
        load(server, set, upstream, new Usage(data.resolve("data").resolve("blobs")));
        System.out.println(server.memory());
      }
    }
    if (!failures.isEmpty()) {
      throw new IOException(failures.size() + " failures, the first: " + failures.get(0));
    }
  }

  private void load(NarthexServer server, WorkingSet set, FaultyUpstream upstream, Usage usage)
      throws IOException, InterruptedException {
    Clients clients = new Clients(server.port(), set, CLIENTS);
    List<Long> flights = new ArrayList<>();
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(MINUTES);
    try {
      for (int second = 0; System.nanoTime() < end && failures.isEmpty(); second++) {
        TimeUnit.SECONDS.sleep(1);
        flights.add(clients.takeFlight());
        long flight =
            flights.subList(Math.max(0, flights.size() - FLIGHT_SECONDS), flights.size()).stream()
                .mapToLong(it -> it)
                .max()
                .orElse(0);
        check(usage.bytes(), flight);
        failures.addAll(clients.failures());
        if (second % PRINT_EVERY == 0) {
          upstream.requests().clear();
          print(second, usage.bytes(), flight, clients);
        }
      }
    } finally {
      clients.close();
    }
    System.out.printf(
        Locale.ROOT,
        "most stored %d MB; most above the limit and what was in flight %d MB; %d seconds above%n",
        most / 1_000_000,
        mostExcess / 1_000_000,
        above);
    if (mostExcess > 0) {
      failures.add("the store took " + mostExcess + " bytes too many");
    }
  }

  private void check(long stored, long flight) {
    most = Math.max(most, stored);
    mostExcess = Math.max(mostExcess, stored - LIMIT - flight);
    above += stored > LIMIT ? 1 : 0;
  }

  private static void print(int second, long stored, long flight, Clients clients) {
    System.out.printf(
        Locale.ROOT,
        "%4d s: stored %d MB, in flight %d MB; read %d NARs, %d MB%n",
        second,
        stored / 1_000_000,
        flight / 1_000_000,
        clients.nars(),
        clients.bytes() / 1_000_000);
  }

  /** The bytes of the blobs, and of the spools beside them. */
  private static final class Usage extends SimpleFileVisitor<Path> {
    private final Path blobs;
    private long bytes;

    Usage(Path blobs) {
      this.blobs = blobs;
    }

    long bytes() throws IOException {
      bytes = 0;
      Files.walkFileTree(blobs, this);
      return bytes;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      bytes += attributes.size();
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException deleted) {
      return FileVisitResult.CONTINUE;
    }
  }
}
