package narthex.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import narthex.nix.NarListing;
import narthex.nix.NarText;
import narthex.nix.Sha256;

/** The HTML page of a directory. */
final class DirectoryPage {
  /**
   * One entry.
   *
   * @param name name of the entry
   * @param link a relative reference to it
   * @param about size in bytes of a file, target of a symlink, empty for a directory
   */
  record Row(String name, String link, String about) {
    static Row of(String name, NarListing.Node node) {
      String link = "./" + FilePath.encode(name);
      if (node instanceof NarListing.Regular file) {
        return new Row(name, link, Long.toString(file.sizeBytes()));
      }
      if (node instanceof NarListing.Symlink symlink) {
        return new Row(name, link, "→ " + symlink.target());
      }
      return new Row(name + "/", link + "/", "");
    }
  }

  private static final String STYLE =
      "body{font:16px/1.6 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0"
          + " 1.25rem;color-scheme:light dark}:root{color-scheme:light dark}"
          + "h1{font-size:1.2rem;overflow-wrap:anywhere}table{width:100%;border-collapse:collapse}td{padding:.3rem"
          + " 0;border-top:1px solid #8885;overflow-wrap:anywhere}"
          + "td+td{text-align:right;padding-left:1rem;opacity:.75;font-variant-numeric:tabular-nums}";

  /**
   * The Content-Security-Policy of the page, and of everything beside it: nothing may run. Without
   * {@code allow-downloads}, Chromium would refuse what the links of the page offer for download.
   */
  static final String POLICY =
      "default-src 'none'; sandbox allow-downloads; style-src 'sha256-"
          + Base64.getEncoder()
              .encodeToString(Sha256.newDigest().digest(STYLE.getBytes(StandardCharsets.UTF_8)))
          + "'";

  private DirectoryPage() {}

  static String print(String title, List<Row> rows, String remark) {
    String escaped = escape(title);
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">");
    page.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>");
    page.append(STYLE).append("</style><title>");
    page.append(escaped).append("</title></head>\n<body>\n<h1>").append(escaped);
    page.append("</h1>\n<table>\n");
    for (Row row : rows) {
      page.append("<tr><td><a href=\"").append(row.link()).append("\">");
      page.append(escape(row.name())).append("</a></td><td>");
      page.append(escape(row.about())).append("</td></tr>\n");
    }
    page.append("</table>\n");
    if (!remark.isEmpty()) {
      page.append("<p>").append(escape(remark)).append("</p>\n");
    }
    return page.append("</body>\n</html>\n").toString();
  }

  /** Escapes text for HTML. Control characters, and bytes that aren't UTF-8, become U+FFFD. */
  private static String escape(String text) {
    String shown = NarText.isUtf8(text) ? text : text.replaceAll("\0.", "\uFFFD");
    StringBuilder html = new StringBuilder(shown.length());
    for (int i = 0; i < shown.length(); i++) {
      char c = shown.charAt(i);
      switch (c) {
        case '&' -> html.append("&amp;");
        case '<' -> html.append("&lt;");
        case '>' -> html.append("&gt;");
        case '"' -> html.append("&quot;");
        default -> html.append(Character.isISOControl(c) ? '\uFFFD' : c);
      }
    }
    return html.toString();
  }
}
