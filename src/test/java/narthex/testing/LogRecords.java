package narthex.testing;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Records what is logged in this JVM, until it is closed. */
public final class LogRecords extends Handler implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Logger logger; // else the log manager would forget it
  private final Level least;
  private final List<LogRecord> records = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> untaken = new LinkedBlockingQueue<>();

  private LogRecords(Logger logger, Level least) {
    this.logger = logger;
    this.least = least;
  }

  /** Starts recording what all loggers log at level INFO and above. */
  public static LogRecords listen() {
    return listen("", Level.INFO);
  }

  /** Starts recording what a logger and those below it log at a level and above. */
  public static LogRecords listen(String name, Level least) {
    LogRecords listener = new LogRecords(Logger.getLogger(name), least);
    listener.logger.addHandler(listener);
    return listener;
  }

  /** Takes the next message, with its parameters; waits for it. */
  public String next() throws InterruptedException {
    String message = untaken.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    if (message == null) {
      throw new AssertionError("nothing was logged");
    }
    return message;
  }

  /** The messages of Narthex's loggers so far, with their parameters. */
  public List<String> ours() {
    return records.stream()
        .filter(each -> each.getLoggerName() != null && each.getLoggerName().startsWith("narthex"))
        .map(LogRecords::text)
        .toList();
  }

  /** The messages of all records with an exception, by any logger. */
  public List<String> withTrace() {
    return records.stream()
        .filter(each -> each.getThrown() != null)
        .map(each -> each.getLoggerName() + " " + text(each))
        .toList();
  }

  /** The messages of all warnings and errors, by any logger. */
  public List<String> warnings() {
    return records.stream()
        .filter(each -> each.getLevel().intValue() >= Level.WARNING.intValue())
        .map(each -> each.getLoggerName() + " " + text(each))
        .toList();
  }

  private static String text(LogRecord entry) {
    String text = String.valueOf(entry.getMessage());
    Object[] parameters = entry.getParameters();
    return parameters == null || parameters.length == 0
        ? text
        : new java.text.MessageFormat(text, java.util.Locale.ROOT).format(parameters);
  }

  @Override
  public void publish(LogRecord entry) {
    if (entry.getLevel().intValue() >= least.intValue()) {
      records.add(entry);
      untaken.add(text(entry));
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
  }
}
