package narthex.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Prints measurements as a table: median, 95th percentile, minimum and maximum. */
public final class Figures {
  private static final String ROW = "| %-34s | %10s | %10s | %10s | %10s |%n";

  /** Starts a table. */
  public Figures(String title) {
    System.out.printf("%n%s%n", title);
    System.out.printf(ROW, "", "median", "p95", "least", "most");
  }

  /** Adds a row. */
  public void add(String name, List<Double> values) {
    System.out.printf(
        ROW,
        name,
        text(rank(values, 0.5)),
        text(rank(values, 0.95)),
        text(rank(values, 0)),
        text(rank(values, 1)));
  }

  /** Adds a row with the ratios of the first to the second series, value by value. */
  public void add(String name, List<Double> dividends, List<Double> divisors) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < dividends.size(); i++) {
      ratios.add(dividends.get(i) / divisors.get(i));
    }
    add(name, ratios);
  }

  /** The median of a list. */
  public static double median(List<Double> values) {
    return rank(values, 0.5);
  }

  /** The quantile of a list, such as the median for 0.5. */
  public static double rank(List<Double> values, double part) {
    List<Double> sorted = values.stream().sorted().toList();
    return sorted.get((int) Math.round(part * (sorted.size() - 1)));
  }

  private static String text(double value) {
    return value >= 1000
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.2f", value);
  }
}
