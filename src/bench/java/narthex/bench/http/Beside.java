package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import narthex.bench.Figures;
import narthex.bench.Leftovers;
import narthex.nix.Compression;

/**
 * Stored narinfos at 100 requests per second beside a running eager ingestion: milliseconds from
 * the time at which a request is due to the last byte of its response. nginx gets the same requests
 * at the same time, so that both share the processors with the ingestion.
 */
final class Beside {
  private static final int PER_SECOND = 100;
  private static final int NARINFOS = 100;
  private static final double NANOS_PER_MILLI = 1e6;

  private final Stage stage;

  Beside(Stage stage) {
    this.stage = stage;
  }

  void measure() throws IOException, InterruptedException {
    List<String> paths = new ArrayList<>();
    ColdPull closure = new ColdPull(stage.fixtures(), Compression.XZ);
    Path data = stage.folder().resolve("narthex-beside");
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (NarthexServer narthex = stage.start(data.getFileName().toString(), Stage.EAGER)) {
      for (int i = 0; i < NARINFOS; i++) {
        Fixtures.Entry entry = stage.fixtures().add("beside", Stage.KIB, Compression.XZ);
        try (PlainHttp client = new PlainHttp(narthex.port())) {
          stage.copy(client, entry.narInfoPath(), "", entry.narInfoPath());
        }
        paths.add(entry.narInfoPath());
      }
      stage.wrk().run(narthex.port(), 4, HttpBench.WARM_UP_SECONDS, paths);
      Future<?> ingestion =
          threads.submit(
              () -> {
                closure.pull(narthex.port(), "", narthex::processorTime);
                return null;
              });
      Future<List<Double>> theirs =
          threads.submit(() -> ask(stage.nginx().staticPort(), paths, ingestion));
      Future<List<Double>> ours = threads.submit(() -> ask(narthex.port(), paths, ingestion));
      ingestion.get();
      print(theirs.get(), ours.get());
    } catch (ExecutionException e) {
      throw new IOException("failed beside the ingestion", e);
    } finally {
      threads.shutdownNow();
      threads.awaitTermination(1, TimeUnit.MINUTES);
    }
    Leftovers.remove(data);
  }

  private static List<Double> ask(int port, List<String> paths, Future<?> ingestion)
      throws IOException {
    List<Double> millis = new ArrayList<>();
    try (PlainHttp client = new PlainHttp(port)) {
      long due = System.nanoTime();
      for (int i = 0; !ingestion.isDone(); i++) {
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        client.get(paths.get(i % paths.size()), (bytes, count) -> {});
        millis.add((System.nanoTime() - due) / NANOS_PER_MILLI);
        due += TimeUnit.SECONDS.toNanos(1) / PER_SECOND;
      }
    }
    return millis;
  }

  private void print(List<Double> theirs, List<Double> ours) {
    Figures figures = new Figures("narinfos at 100 requests/s beside an eager ingestion");
    figures.add("nginx, ms", theirs);
    figures.add("Narthex, ms", ours);
    for (double part : new double[] {0.5, 0.99}) {
      stage
          .report()
          .add(
              String.format(
                  Locale.ROOT, "narinfo beside an eager ingestion, p%.0f, ms", 100 * part),
              "nginx",
              List.of(Figures.rank(theirs, part)),
              List.of(Figures.rank(ours, part)),
              part > 0.5 ? "1.3" : "");
    }
  }
}
