package narthex.bench.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import narthex.bench.Figures;
import narthex.nix.NarInfo;

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
        String ours = narPath(narthex, entry);
        double early = i % 2 == 0 ? millis(upstream, entry.narPath()) : 0;
        narthexMillis.add(millis(narthex, ours));
        double theirs = i % 2 == 0 ? early : millis(upstream, entry.narPath());
        upstreamMillis.add(theirs);
        differenceMillis.add(narthexMillis.get(i) - theirs);
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

  /** Returns the path of the NAR file that the server's narinfo names, as a client takes it. */
  private static String narPath(PlainHttp server, Fixtures.Entry entry) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    server.get(entry.narInfoPath(), (bytes, count) -> text.write(bytes, 0, count));
    return "/" + NarInfo.parse(text.toString(StandardCharsets.UTF_8)).file().url();
  }

  private static double millis(PlainHttp server, String path) throws IOException {
    return server.get(path, (bytes, count) -> {}).firstByteNanos() / NANOS_PER_MILLI;
  }
}
