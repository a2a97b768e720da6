package narthex.standalone;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Formats a log record as one line: time, level, logger, message. Escapes line breaks in messages,
 * so that external text can't forge a line. Adds the stack trace of an ERROR in indented lines, and
 * the exceptions of milder records in the same line. Errors of JGroups count as milder: they tell
 * of a network or a database that is away, and repeat until it is back. Thread-safe.
 */
public final class OneLineFormatter extends Formatter {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT)
          .withZone(ZoneId.systemDefault());

  private static final String JGROUPS = "org.jgroups.";

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([0-9]{1,2})\\}");

  /** Public because Tomcat creates its formatter by class name. */
  public OneLineFormatter() {}

  @Override
  public String format(LogRecord event) {
    StringBuilder line = new StringBuilder(160);
    TIME.formatTo(event.getInstant(), line);
    line.append(' ').append(levelName(event.getLevel()));
    line.append(' ').append(event.getLoggerName()).append(' ');
    line.append(escape(message(event)));
    Throwable thrown = event.getThrown();
    boolean traced = isTraced(event);
    if (thrown != null && !traced) {
      for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
        line.append(" cause=").append(escape(cause.toString()));
      }
    }
    line.append('\n');
    if (thrown != null && traced) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace, true));
      trace.toString().lines().forEach(each -> line.append("    ").append(each).append('\n'));
    }
    return line.toString();
  }

  /** Whether the stack trace of an event is logged. */
  static boolean isTraced(LogRecord event) {
    return event.getLevel().intValue() >= Level.SEVERE.intValue()
        && !String.valueOf(event.getLoggerName()).startsWith(JGROUPS);
  }

  /**
   * Replaces the placeholders by {@code toString}. The JDK would format numbers for the locale,
   * with its digits and separators.
   */
  String message(LogRecord event) {
    Object[] facts = event.getParameters();
    String text = event.getMessage();
    if (facts == null || facts.length == 0 || text == null || event.getResourceBundle() != null) {
      return String.valueOf(formatMessage(event));
    }
    return PLACEHOLDER
        .matcher(text)
        .replaceAll(
            place -> {
              int number = Integer.parseInt(place.group(1));
              return Matcher.quoteReplacement(
                  number < facts.length ? String.valueOf(facts[number]) : place.group());
            });
  }

  static String levelName(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    if (level.intValue() >= Level.WARNING.intValue()) {
      return "WARNING";
    }
    return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n");
  }
}
