package narthex.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Records what all loggers of this JVM log at level INFO and above, until it is closed. */
public final class LogRecords extends Handler implements AutoCloseable {
  private static final Logger ROOT = Logger.getLogger("");

  private final List<LogRecord> records = new CopyOnWriteArrayList<>();

  private LogRecords() {}

  /** Starts recording. */
  public static LogRecords listen() {
    LogRecords listener = new LogRecords();
    ROOT.addHandler(listener);
    return listener;
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
    if (entry.getLevel().intValue() >= Level.INFO.intValue()) {
      records.add(entry);
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    ROOT.removeHandler(this);
  }
}
