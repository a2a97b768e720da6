package narthex.standalone;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Shows what a push does, in the lines of a job. Thread-safe. */
final class PushProgress {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final long EVERY_NANOS = 200_000_000L;

  private final JobReport report; // guarded by this
  private long sentBytes; // guarded by this
  private long allBytes; // guarded by this
  private long shownAt; // guarded by this

  PushProgress(JobReport report) {
    this.report = report;
  }

  /** Shows something. */
  synchronized void tell(String line) {
    show(Map.of("tell", line));
  }

  /** Announces NARs to send. */
  synchronized void announce(long bytes) {
    allBytes += bytes;
    showBytes();
  }

  /** Counts bytes of NARs that were read or are not needed. */
  synchronized void count(long bytes) {
    sentBytes += bytes;
    long now = System.nanoTime();
    if (now - shownAt >= EVERY_NANOS) {
      shownAt = now;
      showBytes();
    }
  }

  /** Forgets what was announced and counted. */
  synchronized void restart() {
    sentBytes = 0;
    allBytes = 0;
  }

  /** Ends with figures. */
  synchronized void end(Map<String, Long> figures) {
    show(Map.of("verdict", "done"), figures);
  }

  /** Ends with a failure. */
  synchronized void fail(String reason) {
    show(Map.of("error", reason));
  }

  private void showBytes() {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("step", "bytes of NARs");
    line.put("done", sentBytes);
    line.put("total", allBytes);
    show(line);
  }

  private void show(Map<String, ?> members) {
    show(members, Map.of());
  }

  private void show(Map<String, ?> members, Map<String, Long> result) {
    StringWriter text = new StringWriter();
    try {
      try (JsonGenerator json = FACTORY.createGenerator(text)) {
        json.writeStartObject();
        for (Map.Entry<String, ?> member : members.entrySet()) {
          if (member.getValue() instanceof Long number) {
            json.writeNumberField(member.getKey(), number);
          } else {
            json.writeStringField(member.getKey(), String.valueOf(member.getValue()));
          }
        }
        if (!result.isEmpty()) {
          json.writeObjectFieldStart("result");
          for (Map.Entry<String, Long> figure : result.entrySet()) {
            json.writeNumberField(figure.getKey(), figure.getValue());
          }
          json.writeEndObject();
        }
        json.writeEndObject();
      }
      report.show(text.toString());
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }
}
