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
 * at the same time, so that both share the processors with the ingestion. Each round has a server
 * of its own: seven of the some 700 requests of one round decide its p99, which is few.
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
    for (int i = 0; i < NARINFOS; i++) {
      paths.add(stage.fixtures().add("beside", Stage.KIB, Compression.XZ).narInfoPath());
    }
    ColdPull closure = new ColdPull(stage.fixtures(), Compression.XZ);
    List<List<Double>> theirs = new ArrayList<>();
    List<List<Double>> ours = new ArrayList<>();
    for (int round = 0; round < HttpBench.ROUNDS; round++) {
      measureOnce(paths, closure.again(), theirs, ours);
    }
    print(theirs, ours);
  }

  private void measureOnce(
      List<String> paths, ColdPull closure, List<List<Double>> theirs, List<List<Double>> ours)
      throws IOException, InterruptedException {
    Path data = stage.folder().resolve("narthex-beside");
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try (NarthexServer narthex = stage.start(data.getFileName().toString(), Stage.EAGER)) {
      try (PlainHttp client = new PlainHttp(narthex.port())) {
        for (String path : paths) {
          stage.copy(client, path, "", path);
        }
      }
      stage.wrk().run(narthex.port(), 4, HttpBench.WARM_UP_SECONDS, paths);
      Future<?> ingestion =
          threads.submit(
              () -> {
                closure.pull(narthex.port(), "", narthex::processorTime);
                return null;
              });
      Future<List<Double>> nginx =
          threads.submit(() -> ask(stage.nginx().staticPort(), paths, ingestion));
      Future<List<Double>> own = threads.submit(() -> ask(narthex.port(), paths, ingestion));
      ingestion.get();
      theirs.add(nginx.get());
      ours.add(own.get());
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

  private void print(List<List<Double>> theirs, List<List<Double>> ours) {
    Figures figures = new Figures("narinfos at 100 requests/s beside an eager ingestion");
    figures.add("nginx, ms", all(theirs));
    figures.add("Narthex, ms", all(ours));
    for (double part : new double[] {0.5, 0.99}) {
      String work =
          String.format(Locale.ROOT, "narinfo beside an eager ingestion, p%.0f, ms", 100 * part);
      String aim = part > 0.5 ? "1.3" : "";
      stage.report().add(work, "nginx", ranks(theirs, part), ranks(ours, part), aim);
      stage
          .report()
          .add(
              work + ", of all rounds",
              "nginx",
              List.of(Figures.rank(all(theirs), part)),
              List.of(Figures.rank(all(ours), part)),
              aim);
    }
  }

  private static List<Double> all(List<List<Double>> rounds) {
    return rounds.stream().flatMap(List::stream).toList();
  }

  private static List<Double> ranks(List<List<Double>> rounds, double part) {
    return rounds.stream().map(round -> Figures.rank(round, part)).toList();
  }
}
