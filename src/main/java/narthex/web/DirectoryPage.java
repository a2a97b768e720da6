package narthex.web;

import java.util.List;
import narthex.nix.NarListing;
import narthex.nix.NarText;

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

  private DirectoryPage() {}

  static String print(String title, List<Row> rows, String remark) {
    String escaped = escape(title);
    StringBuilder page = new StringBuilder();
    page.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>");
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
