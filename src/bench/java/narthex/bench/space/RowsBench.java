package narthex.bench.space;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;
import narthex.bench.http.NarthexServer;

/** A server on a database of many rows: its start, its answers, and jobs beside them. */
final class RowsBench {
  private static final int COUNT = Integer.getInteger("bench.narinfos", 1_000_000);
  private static final int FIRST_REQUESTS = 2_000;
  private static final int REQUESTS = 20_000;
  private static final int CLOSED_PORT = 1;

  /** Without the chores that read everything when the server is idle. */
  private static final List<String> OPTIONS =
      List.of(
          "-Xmx512m",
          "-Dnarthex.evict.keep=nothing",
          "-Dnarthex.cdc.mode=eager",
          "-Dnarthex.repack.level=off",
          "-Dnarthex.scrub.period=off");

  private static final int SECONDS_WITHOUT_JOB = 20;

  /** The evictions free this part of what the tiny NARs take. */
  private static final int EVICTED_PART = 20;

  private final Path folder;

  RowsBench(Path folder) {
    this.folder = folder;
  }

  void run(Path war) throws IOException, InterruptedException, SQLException {
    Path data = Files.createDirectories(folder.resolve("data"));
    long start = System.nanoTime();
    Rows rows = new Rows(COUNT);
    long chunks = rows.write(data);
    System.out.printf(
        Locale.ROOT,
        "%nRows: %d narinfos and NARs, %d chunks; database %d MB, %d packs of %d MB, written in %.0f"
            + " s%n",
        COUNT,
        chunks,
        Files.size(data.resolve("narthex.db")) / 1_000_000,
        rows.packs(),
        rows.packBytes() / 1_000_000,
        seconds(start));
    start = System.nanoTime();
    List<String> options = new ArrayList<>(OPTIONS);
    options.add("-Dnarthex.token.admin=" + Jobs.TOKEN);
    options.addAll(List.of(System.getProperty("bench.java.options", "").split(" ")));
    options.removeIf(String::isEmpty);
    try (NarthexServer server =
        NarthexServer.start(war, folder, options, CLOSED_PORT, rows.publicKey())) {
      System.out.printf(
          Locale.ROOT,
          "start: %.2f s, processor time %.1f s, RSS %.0f MB%n",
          seconds(start),
          server.processorTime().toMillis() / 1e3,
          server.residentMegabytes());
      Serving serving = new Serving(server, COUNT, rows.served());
      for (int count : new int[] {FIRST_REQUESTS, REQUESTS}) {
        List<Double> millis = serving.askForNarInfos(count);
        System.out.printf(
            Locale.ROOT,
            "%d narinfos, one after another: median %.2f ms, p99 %.2f ms%n",
            count,
            Figures.median(millis),
            Figures.rank(millis, 0.99));
      }
      run(new Jobs(server, serving, COUNT), "bytes=" + rows.tinyBytes() / EVICTED_PART);
      System.out.println(server.memory());
    }
  }

  private static void run(Jobs jobs, String evicted) throws IOException, InterruptedException {
    jobs.serveOnly(SECONDS_WITHOUT_JOB);
    jobs.run("stats");
    jobs.run("collect?dry-run");
    jobs.run("collect");
    jobs.run("evict?dry-run&" + evicted);
    jobs.run("evict?" + evicted);
    jobs.run("collect");
    jobs.serveOnly(SECONDS_WITHOUT_JOB);
    jobs.run("fsck");
    jobs.print();
  }

  static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }
}
