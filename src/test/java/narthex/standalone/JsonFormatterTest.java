package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class JsonFormatterTest {
  private static JsonNode json(LogRecord event) throws IOException {
    String line = new JsonFormatter().format(event);
    assertEquals(1, line.lines().count(), line);
    assertTrue(line.endsWith("\n"), line);
    return new ObjectMapper().readTree(line);
  }

  private static LogRecord event(Level level, String message, Object... facts) {
    LogRecord event = new LogRecord(level, message);
    event.setLoggerName("narthex.test");
    event.setInstant(Instant.EPOCH);
    event.setParameters(facts);
    return event;
  }

  @Test
  void anEventIsOneObjectOnOneLine() throws IOException {
    JsonNode line = json(event(Level.INFO, "narinfo refused reason={0}", "\"odd\"\nline"));

    assertEquals("1970-01-01T00:00:00Z", line.get("time").asText());
    assertEquals("INFO", line.get("level").asText());
    assertEquals("narthex.test", line.get("logger").asText());
    assertEquals("narinfo refused reason=\"odd\"\nline", line.get("message").asText());
    assertFalse(line.has("causes"));
  }

  @Test
  void aWarningHasItsCausesAndAnErrorItsTrace() throws IOException {
    Exception failure = new IOException("no connection", new IOException("refused"));
    LogRecord warning = event(Level.WARNING, "failed");
    warning.setThrown(failure);
    LogRecord error = event(Level.SEVERE, "failed");
    error.setThrown(failure);

    JsonNode mild = json(warning);
    assertEquals("java.io.IOException: no connection", mild.get("causes").get(0).asText());
    assertEquals("java.io.IOException: refused", mild.get("causes").get(1).asText());
    assertFalse(mild.has("trace"));
    assertTrue(json(error).get("trace").asText().contains("at narthex.standalone"));
  }
}
