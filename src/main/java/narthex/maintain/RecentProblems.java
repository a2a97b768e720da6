package narthex.maintain;

import java.io.Closeable;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import narthex.nix.OneLine;

/**
 * The last warnings and errors in the log, in memory. It listens to {@code java.util.logging},
 * where System.Logger ends in Tomcat, in WildFly and in the server alone. Thread-safe.
 */
public final class RecentProblems implements Closeable {
  private static final int MOST = 50;
  private static final int LONGEST_LINE = 600;

  /**
   * A line of the log.
   *
   * @param level {@code warning} or {@code error}
   * @param text its message without line breaks
   */
  public record Problem(Instant at, Gravity level, String text) {}

  /** How bad it is. */
  public enum Gravity {
    /** The server coped, badly. */
    WARNING,
    /** A human must act. */
    ERROR
  }

  private final Deque<Problem> problems = new ArrayDeque<>(); // guarded by itself
  private final Logger logger; // referred to here, as the log manager may forget loggers
  private final Listener listener = new Listener();

  /**
   * @param logger the name of the logger to listen to, with those below it
   */
  public RecentProblems(String logger) {
    this.logger = Logger.getLogger(logger);
    listener.setLevel(Level.WARNING);
    this.logger.addHandler(listener);
  }

  /** The last problems, the newest first. */
  public List<Problem> list() {
    synchronized (problems) {
      return List.copyOf(problems);
    }
  }

  @Override
  public void close() {
    logger.removeHandler(listener);
  }

  private void add(Problem problem) {
    synchronized (problems) {
      problems.addFirst(problem);
      if (problems.size() > MOST) {
        problems.removeLast();
      }
    }
  }

  private final class Listener extends Handler {
    private final SimpleFormatter formatter = new SimpleFormatter();

    @Override
    public void publish(LogRecord entry) {
      if (!isLoggable(entry)) {
        return;
      }
      String message = String.valueOf(formatter.formatMessage(entry));
      Throwable thrown = entry.getThrown();
      String line = OneLine.of(thrown == null ? message : message + ": " + thrown);
      boolean isError = entry.getLevel().intValue() >= Level.SEVERE.intValue();
      add(
          new Problem(
              Instant.ofEpochMilli(entry.getMillis()),
              isError ? Gravity.ERROR : Gravity.WARNING,
              line.length() > LONGEST_LINE ? line.substring(0, LONGEST_LINE) + "…" : line));
    }

    @Override
    public void flush() {
      // nothing is held back
    }

    @Override
    public void close() {
      // nothing is open
    }
  }
}
