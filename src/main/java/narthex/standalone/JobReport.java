package narthex.standalone;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;

/**
 * Shows the lines of a job. Its results and what it tells go to the output, its progress and errors
 * to the error output. Not thread-safe.
 */
final class JobReport {
  /** The job did all that was asked. */
  static final int DONE = 0;

  /** The job failed. */
  static final int FAILED = 1;

  /** The name or an option is wrong. */
  static final int USAGE = 2;

  /** The job ended, and something is wrong, or work remains. */
  static final int REMAINS = 3;

  private static final int BAR_WIDTH = 30;
  private static final long STEP_EVERY_NANOS = 10_000_000_000L;
  private static final String CLEAR_LINE = "\r\u001b[K";

  /** How the lines are shown. */
  enum Style {
    /** The lines as they are. */
    JSON,
    /** Text, with a line for the progress now and then. */
    PLAIN,
    /** Text, with a progress bar. */
    TERMINAL
  }

  private final String command;
  private final Style style;
  private final PrintWriter out;
  private final PrintWriter err;
  private String step = "";
  private long steppedAt;
  private boolean isBarShown;
  private int status = FAILED;
  private boolean isEnded;

  /**
   * @param command the name of the command, for messages
   */
  JobReport(String command, Style style, PrintWriter out, PrintWriter err) {
    this.command = command;
    this.style = style;
    this.out = out;
    this.err = err;
  }

  /**
   * Shows a line.
   *
   * @throws IOException if it isn't one of a job
   */
  void show(String json) throws IOException {
    JobLine line = JobLine.parse(json);
    if (style == Style.JSON) {
      out.println(json);
      out.flush();
    } else {
      showText(line);
    }
    if (line.error() != null) {
      isEnded = true;
      status = FAILED;
    } else if (line.verdict() != null) {
      isEnded = true;
      status = line.verdict().equals("done") ? DONE : REMAINS;
    }
  }

  /** Says why there is no job, or no end of it. */
  void fail(String reason) {
    clearBar();
    complain(reason);
    isEnded = true;
    status = FAILED;
  }

  /** Returns the exit status. Says so if the last line is missing. */
  int end() {
    if (!isEnded) {
      fail("the answer was broken off before the end");
    }
    return status;
  }

  private void showText(JobLine line) {
    if (line.step() != null) {
      showStep(line.step(), line);
    }
    if (line.tell() != null) {
      clearBar();
      out.println(line.tell());
    }
    if (line.error() != null) {
      clearBar();
      complain(line.error());
    }
    if (line.verdict() != null) {
      clearBar();
      for (Map.Entry<String, String> figure : line.result().entrySet()) {
        out.println(figure.getKey() + ": " + figure.getValue() + size(figure));
      }
      if (!line.verdict().equals("done")) {
        complain(line.verdict());
      }
    }
    out.flush();
  }

  private void showStep(String name, JobLine line) {
    if (style == Style.TERMINAL) {
      err.print(CLEAR_LINE + bar(line) + name + ": " + count(name, line));
      err.flush();
      isBarShown = true;
      return;
    }
    long now = System.nanoTime();
    if (!name.equals(step) || now - steppedAt >= STEP_EVERY_NANOS) {
      err.println(name + ": " + count(name, line));
      err.flush();
      step = name;
      steppedAt = now;
    }
  }

  private static String count(String step, JobLine line) {
    String done = line.done() + size(Map.entry(step, Long.toString(line.done())));
    return line.total() > 0
        ? done + " of " + line.total() + size(Map.entry(step, Long.toString(line.total())))
        : done;
  }

  private static String bar(JobLine line) {
    if (line.total() <= 0) {
      return "";
    }
    int full = (int) (Math.min(1.0, (double) line.done() / line.total()) * BAR_WIDTH);
    return "[" + "#".repeat(full) + "-".repeat(BAR_WIDTH - full) + "] ";
  }

  private void complain(String reason) {
    err.println("narthex " + command + ": " + reason);
    err.flush();
  }

  private void clearBar() {
    if (isBarShown) {
      err.print(CLEAR_LINE);
      err.flush();
      isBarShown = false;
    }
  }

  /** Returns a number of bytes in a larger unit, in parentheses; empty for anything else. */
  private static String size(Map.Entry<String, String> figure) {
    if (!figure.getKey().toLowerCase(Locale.ROOT).contains("bytes")
        || !figure.getValue().matches("[0-9]{4,18}")) {
      return "";
    }
    double size = Long.parseLong(figure.getValue());
    int unit = -1;
    while (size >= 1024 && unit < 4) {
      size /= 1024;
      unit++;
    }
    return unit < 0 ? "" : String.format(Locale.ROOT, " (%.1f %ciB)", size, "KMGTP".charAt(unit));
  }
}
