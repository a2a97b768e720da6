package narthex.bench.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import narthex.bench.Figures;

/**
 * The figures of a run as one Markdown table, for {@code src/bench/README.md}: each row is a kind
 * of work with the median of the yardstick, of Narthex, and of their ratio, taken round by round.
 */
final class Report {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMMM yyyy, HH:mm", Locale.ENGLISH);

  private final List<String> rows = new ArrayList<>();
  private final String loadBefore = load();

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
        "%n%s UTC; %s, %d processors; Java %s; load of the machine %s before and %s after the run;"
            + " %d rounds of %d s.%n%n",
        DAY.format(ZonedDateTime.now(ZoneOffset.UTC)),
        system(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.runtime.version"),
        loadBefore,
        load(),
        HttpBench.ROUNDS,
        HttpBench.SECONDS);
    System.out.println("| work | beside it | Narthex | ratio (least to most) | aim |");
    System.out.println("|---|---|---|---|---|");
    rows.forEach(System.out::println);
  }

  private static String system() {
    return System.getProperty("os.name")
        + " "
        + System.getProperty("os.version")
        + " "
        + System.getProperty("os.arch");
  }

  private static String load() {
    try {
      return Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    } catch (IOException unknown) {
      return "?";
    }
  }

  private static String text(double value) {
    return String.format(Locale.ROOT, value >= 100 ? "%,.0f" : "%.2f", value);
  }
}
