package narthex.bench.http;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The rounds of one server under one kind of load. */
final class Series {
  private final Unit unit;
  private final Supplier<Duration> processorTime;
  private final List<Double> rates = new ArrayList<>();
  private final List<Double> costs = new ArrayList<>();

  Series(Unit unit, Supplier<Duration> processorTime) {
    this.unit = unit;
    this.processorTime = processorTime;
  }

  /** The load of one round. */
  interface Load {
    Wrk.Rates run() throws IOException, InterruptedException;
  }

  /** Sends the requests of one round. */
  void run(Wrk wrk, int port, int connections, List<String> paths)
      throws IOException, InterruptedException {
    run(() -> wrk.run(port, connections, HttpBench.SECONDS, paths));
  }

  /** Runs one round. */
  void run(Load load) throws IOException, InterruptedException {
    Duration before = processorTime.get();
    long start = System.nanoTime();
    double rate = unit.of(load.run());
    double seconds = (System.nanoTime() - start) / 1e9;
    rates.add(rate);
    costs.add(processorTime.get().minus(before).toNanos() / 1e3 / (rate * seconds));
  }

  /** The rate of each round per second. */
  List<Double> rates() {
    return rates;
  }

  /** CPU time per unit in each round, in microseconds. */
  List<Double> costs() {
    return costs;
  }
}
