package narthex.bench.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;
import narthex.bench.Machine;

/**
 * The figures of a run as one Markdown table, for {@code src/bench/README.md}: each row is a kind
 * of work with the median of the yardstick, of Narthex, and of their ratio, taken round by round.
 */
final class Report {
  private final List<String> rows = new ArrayList<>();
  private final Machine machine = new Machine();

  /** Adds a row with a yardstick. */
  void add(String work, String yardstick, List<Double> theirs, List<Double> ours, String aim) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < Math.min(ours.size(), theirs.size()); i++) {
      ratios.add(ours.get(i) / theirs.get(i));
    }
    String ratio =
        text(Figures.median(ratios))
            + String.format(
                Locale.ROOT,
                " (%s to %s)",
                text(ratios.stream().mapToDouble(it -> it).min().orElse(Double.NaN)),
                text(ratios.stream().mapToDouble(it -> it).max().orElse(Double.NaN)));
    row(work, yardstick + " " + text(Figures.median(theirs)), ours, ratio, aim);
  }

  /** Adds a row without a yardstick. */
  void add(String work, List<Double> ours, String aim) {
    row(work, "", ours, "", aim);
  }

  private void row(String work, String theirs, List<Double> ours, String ratio, String aim) {
    rows.add(
        "| " + String.join(" | ", work, theirs, text(Figures.median(ours)), ratio, aim) + " |");
  }

  /** Prints the table, with the machine and its load. */
  void print() {
    System.out.printf(
        "%n%s; %d rounds of %d s.%n%n", machine.describe(), HttpBench.ROUNDS, HttpBench.SECONDS);
    System.out.println("| work | beside it | Narthex | ratio (least to most) | aim |");
    System.out.println("|---|---|---|---|---|");
    rows.forEach(System.out::println);
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
  }
}
