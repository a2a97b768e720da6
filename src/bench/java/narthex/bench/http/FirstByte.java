package narthex.bench.http;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import narthex.bench.Figures;

/**
 * Measures how much later than from the upstream the first byte of a NAR comes from Narthex, if
 * Narthex doesn't have the NAR yet.
 */
final class FirstByte {
  private static final double NANOS_PER_MILLI = 1e6;

  private final List<Double> upstreamMillis = new ArrayList<>();
  private final List<Double> narthexMillis = new ArrayList<>();
  private final List<Double> differenceMillis = new ArrayList<>();

  /** Requests each NAR once from the upstream and once from Narthex, in alternating order. */
  void measure(List<Fixtures.Entry> cold, int upstreamPort, int narthexPort) throws IOException {
    try (PlainHttp upstream = new PlainHttp(upstreamPort);
        PlainHttp narthex = new PlainHttp(narthexPort)) {
      for (int i = 0; i < cold.size(); i++) {
        Fixtures.Entry entry = cold.get(i);
        narthex.get(entry.narInfoPath(), (bytes, count) -> {});
        double early = i % 2 == 0 ? millis(upstream, entry) : 0;
        double ours = millis(narthex, entry);
        double theirs = i % 2 == 0 ? early : millis(upstream, entry);
        upstreamMillis.add(theirs);
        narthexMillis.add(ours);
        differenceMillis.add(ours - theirs);
      }
    }
  }

  void print(String title, Report report) {
    Figures figures = new Figures(title);
    figures.add("upstream, ms", upstreamMillis);
    figures.add("Narthex cold, ms", narthexMillis);
    figures.add("difference, ms", differenceMillis);
    report.add(title + ": ms after the upstream's", differenceMillis, "5");
  }

  private static double millis(PlainHttp server, Fixtures.Entry entry) throws IOException {
    return server.get(entry.narPath(), (bytes, count) -> {}).firstByteNanos() / NANOS_PER_MILLI;
  }
}
