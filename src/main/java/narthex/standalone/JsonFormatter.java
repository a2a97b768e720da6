package narthex.standalone;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * Formats a log record as one line with a JSON object: {@code time}, {@code level}, {@code logger},
 * {@code message}, and, if there was an exception, {@code causes} and for errors {@code trace}.
 * What they contain is what {@link OneLineFormatter} writes. Thread-safe.
 */
public final class JsonFormatter extends Formatter {
  private final JsonFactory json = new JsonFactory();
  private final OneLineFormatter text = new OneLineFormatter();

  /** Public because Tomcat creates its formatter by class name. */
  public JsonFormatter() {}

  @Override
  public String format(LogRecord event) {
    StringWriter line = new StringWriter();
    try (JsonGenerator out = json.createGenerator(line)) {
      out.writeStartObject();
      out.writeStringField("time", event.getInstant().toString());
      out.writeStringField("level", OneLineFormatter.levelName(event.getLevel()));
      out.writeStringField("logger", String.valueOf(event.getLoggerName()));
      out.writeStringField("message", text.message(event));
      Throwable thrown = event.getThrown();
      if (thrown != null) {
        write(thrown, OneLineFormatter.isTraced(event), out);
      }
      out.writeEndObject();
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible); // nothing but memory is written to
    }
    return line + "\n";
  }

  private static void write(Throwable thrown, boolean traced, JsonGenerator out)
      throws IOException {
    out.writeArrayFieldStart("causes");
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      out.writeString(cause.toString());
    }
    out.writeEndArray();
    if (traced) {
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace, true));
      out.writeStringField("trace", trace.toString());
    }
  }
}
