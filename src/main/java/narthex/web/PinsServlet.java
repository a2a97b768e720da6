package narthex.web;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import narthex.maintain.ListedPin;
import narthex.nix.StrictJson;
import org.jspecify.annotations.Nullable;

/** {@code GET /pins}: the pins as a JSON array, one line for each, the oldest first. */
public final class PinsServlet extends HttpServlet {
  private static final long serialVersionUID = 1L;

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    String pins =
        Site.of(request).pins().list().stream()
            .map(pin -> StrictJson.print(json(pin)))
            .collect(Collectors.joining(",\n"));
    response.setHeader("Cache-Control", Answers.NO_STORE);
    response.setHeader("X-Content-Type-Options", "nosniff");
    Answers.text(
        request, response, "application/json", pins.isEmpty() ? "[]\n" : "[\n" + pins + "\n]\n");
  }

  private static Map<String, Object> json(ListedPin pin) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("hash", pin.hash().text());
    putUnlessNull(json, "path", pin.path());
    putUnlessNull(json, "name", pin.name());
    json.put("created", pin.createdAt().toString());
    putUnlessNull(json, "expires", pin.expiresAt());
    json.put("paths", pin.paths());
    json.put("missing", pin.missing());
    return json;
  }

  private static void putUnlessNull(Map<String, Object> json, String name, @Nullable Object value) {
    if (value != null) {
      json.put(name, value.toString());
    }
  }
}
