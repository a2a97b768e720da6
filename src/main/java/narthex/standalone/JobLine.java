package narthex.standalone;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A line of a job. Members that a newer server adds are ignored.
 *
 * @param step what is counted; null if the line tells no progress
 * @param done finished items
 * @param total all items; 0 if that isn't known
 * @param tell something to see; null if the line has none
 * @param verdict how the job ended; null if this isn't the last line
 * @param error why the job failed; null if it didn't
 * @param result numbers and texts by name
 */
record JobLine(
    @Nullable String step,
    long done,
    long total,
    @Nullable String tell,
    @Nullable String verdict,
    @Nullable String error,
    Map<String, String> result) {

  private static final JsonFactory FACTORY = new JsonFactory();

  /**
   * Parses a line.
   *
   * @throws IOException if it isn't a JSON object
   */
  static JobLine parse(String json) throws IOException {
    Map<String, String> members = new LinkedHashMap<>();
    Map<String, String> result = new LinkedHashMap<>();
    try (JsonParser parser = FACTORY.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("not a line of a job: " + json);
      }
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        JsonToken value = parser.nextToken();
        if (value.isScalarValue()) {
          members.put(name, parser.getText());
        } else if (name.equals("result") && value == JsonToken.START_OBJECT) {
          readScalars(parser, result);
        } else {
          parser.skipChildren();
        }
      }
    } catch (JsonProcessingException e) {
      throw new IOException("not a line of a job: " + json, e);
    }
    return new JobLine(
        members.get("step"),
        number(members.get("done")),
        number(members.get("total")),
        members.get("tell"),
        members.get("verdict"),
        members.get("error"),
        result);
  }

  private static void readScalars(JsonParser parser, Map<String, String> members)
      throws IOException {
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      if (parser.nextToken().isScalarValue()) {
        members.put(name, parser.getText());
      } else {
        parser.skipChildren();
      }
    }
  }

  private static long number(@Nullable String text) {
    try {
      return text == null ? 0 : Long.parseLong(text);
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
