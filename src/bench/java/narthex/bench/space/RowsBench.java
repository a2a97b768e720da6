package narthex.bench.space;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import narthex.bench.http.NarthexServer;

/** A server on a database of many rows: its start, its answers, an eviction and a collection. */
final class RowsBench {
  private static final int COUNT = Integer.getInteger("bench.narinfos", 1_000_000);
  private static final int FIRST_REQUESTS = 2_000;
  private static final int REQUESTS = 20_000;
  private static final int CLOSED_PORT = 1;

  /** Bytes that the eviction frees for each narinfo, about a twentieth of all. */
  private static final long EVICTED_PER_NARINFO = 4_000;

  private final Path folder;

  RowsBench(Path folder) {
    this.folder = folder;
  }

  void run(Path war) throws IOException, InterruptedException, SQLException {
    Path file = Files.createDirectories(folder.resolve("data")).resolve("narthex.db");
    long start = System.nanoTime();
    Rows rows = new Rows(COUNT);
    long chunks = rows.write(file);
    System.out.printf(
        Locale.ROOT,
        "%nRows: %d narinfos and NARs, %d chunks; %d MB, written in %.0f s%n",
        COUNT,
        chunks,
        Files.size(file) / 1_000_000,
        seconds(start));
    start = System.nanoTime();
    List<String> options =
        List.of(
            "-Xmx512m",
            "-Dnarthex.token.admin=" + Jobs.TOKEN,
            "-Dnarthex.evict.keep=nothing",
            "-Dnarthex.cdc.mode=eager");
    try (NarthexServer server =
        NarthexServer.start(war, folder, options, CLOSED_PORT, rows.publicKey())) {
      System.out.printf(
          Locale.ROOT,
          "start: %.2f s, processor time %.1f s, RSS %.0f MB%n",
          seconds(start),
          server.processorTime().toMillis() / 1e3,
          server.residentMegabytes());
      Latency latency = new Latency(server.port(), COUNT);
      latency.print("narinfo, the first " + FIRST_REQUESTS, latency.run(FIRST_REQUESTS));
      latency.print("narinfo, later", latency.run(REQUESTS));
      System.out.printf(
          Locale.ROOT,
          "after %.0f s: processor time %.1f s, RSS %.0f MB%n",
          seconds(start),
          server.processorTime().toMillis() / 1e3,
          server.residentMegabytes());
      Jobs jobs = new Jobs(server, latency);
      jobs.run("stats");
      jobs.run("collect?dry-run");
      jobs.run("evict?dry-run&bytes=" + COUNT * EVICTED_PER_NARINFO);
      jobs.run("evict?bytes=" + COUNT * EVICTED_PER_NARINFO);
      jobs.run("collect");
      System.out.println(server.memory());
    }
  }

  static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
