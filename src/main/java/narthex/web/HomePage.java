package narthex.web;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import narthex.maintain.RecentStatistics.Figures;
import narthex.nix.Sha256;
import narthex.serve.SiteInfo;
import org.jspecify.annotations.Nullable;

/** The HTML of the home page: a template with places to fill in. Thread-safe. */
final class HomePage {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  private static final double STEP = 1024;

  private final String template;
  private final String policy;

  private HomePage(String template) {
    this.template = template;
    this.policy =
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none';"
            + " frame-ancestors 'none'; style-src '"
            + hash("style")
            + "'; script-src '"
            + hash("script")
            + "'";
  }

  /** Reads the template, which is part of the application. */
  static HomePage read() {
    try (InputStream page =
        Objects.requireNonNull(HomePage.class.getResourceAsStream("home.html"))) {
      return new HomePage(new String(page.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException("the page is part of the application", e);
    }
  }

  /** The Content-Security-Policy: allows the style and the script in the page, and nothing else. */
  String policy() {
    return policy;
  }

  private String hash(String element) {
    int start = template.indexOf("<" + element + ">") + element.length() + 2;
    String text = template.substring(start, template.indexOf("</" + element + ">"));
    byte[] digest = Sha256.newDigest().digest(text.getBytes(StandardCharsets.UTF_8));
    return "sha256-" + Base64.getEncoder().encodeToString(digest);
  }

  /**
   * What the page tells.
   *
   * @param url the base URL that the client used
   * @param upstreams one line each: the URL, a space, and the state
   * @param figures what is stored; null if it isn't known yet
   * @param isPrivate whether readers need a token
   */
  record Contents(
      SiteInfo info,
      String url,
      List<String> upstreams,
      @Nullable Figures figures,
      boolean isPrivate) {}

  String print(Contents contents) {
    List<String> keys = contents.info().printPublicKeys().lines().toList();
    Map<String, String> values =
        Map.of(
            "hostname", escape(contents.info().hostname()),
            "url", escape(contents.url()),
            "storeDir", escape(contents.info().storeDir()),
            "state", state(contents.figures()),
            "access", contents.isPrivate() ? access(contents.url()) : "",
            "upstreams", upstreams(contents.upstreams()),
            "publicKeys", escape(String.join("\n", keys)),
            "publicKeysOfConf", escape(String.join(" ", keys)),
            "publicKeysOfNixos", escape('"' + String.join("\" \"", keys) + '"'));
    return PLACE
        .matcher(template)
        .replaceAll(place -> Matcher.quoteReplacement(values.getOrDefault(place.group(1), "")));
  }

  private static String state(@Nullable Figures figures) {
    if (figures == null) {
      return "";
    }
    Map<String, Object> values = figures.values();
    return "<dl class=\"state\" aria-label=\"State\">"
        + entry("Store paths", String.format(Locale.ROOT, "%,d", number(values, "paths")))
        + entry("NARs, unpacked", bytes(number(values, "narBytes")))
        + entry("On disk", bytes(stored(values)))
        + entry("Up since", day(String.valueOf(values.get("upSince"))))
        + "</dl>";
  }

  private static String entry(String term, String value) {
    return "<div><dt>" + term + "</dt><dd>" + escape(value) + "</dd></div>";
  }

  private static long number(Map<String, Object> values, String name) {
    return values.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static long stored(Map<String, Object> values) {
    if (values.containsKey("storedBytes")) {
      return number(values, "storedBytes");
    }
    long whole =
        values.keySet().stream()
            .filter(name -> name.startsWith("whole.") && name.endsWith(".bytes"))
            .mapToLong(name -> number(values, name))
            .sum();
    return whole + number(values, "chunkBytesAfterDeduplication");
  }

  private static String day(String instant) {
    int end = instant.indexOf('T');
    return end < 0 ? instant : instant.substring(0, end);
  }

  private static String bytes(long bytes) {
    double amount = bytes;
    int unit = 0;
    while (amount >= 1000 && unit < UNITS.length - 1) {
      amount /= STEP;
      unit++;
    }
    String form = unit == 0 || amount >= 100 ? "%.0f %s" : amount >= 10 ? "%.1f %s" : "%.2f %s";
    return String.format(Locale.ROOT, form, amount, UNITS[unit]);
  }

  private static String access(String url) {
    String host = url.replaceFirst("^[a-z]+://", "").replaceFirst("[:/].*$", "");
    return """
    <section aria-labelledby="access">
    <h2 id="access">This cache is private</h2>
    <p>Nix needs a token. In the file that <code>netrc-file</code> in <code>nix.conf</code> names:</p>
    <div class="code"><pre tabindex="0">machine %s password &lt;token&gt;</pre><button type="button">Copy</button></div>
    </section>
    """
        .formatted(escape(host));
  }

  private static String upstreams(List<String> lines) {
    if (lines.isEmpty()) {
      return "<p>None: this cache has what was uploaded to it.</p>";
    }
    StringBuilder list = new StringBuilder("<ul class=\"upstreams\">");
    for (String line : lines) {
      int space = line.indexOf(' ');
      String url = space < 0 ? line : line.substring(0, space);
      String state = space < 0 ? "" : line.substring(space + 1);
      list.append("<li><span class=\"dot")
          .append(state.startsWith("suspended") ? " suspended" : "")
          .append("\"></span>")
          .append(escape(url))
          .append(" <span class=\"text\">")
          .append(escape(state))
          .append("</span></li>");
    }
    return list.append("</ul>").toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
