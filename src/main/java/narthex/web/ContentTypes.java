package narthex.web;

import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Maps common file name extensions to content types; all others to {@code
 * application/octet-stream}.
 */
final class ContentTypes {
  private static final String BYTES = "application/octet-stream";
  private static final String TEXT = "text/plain;charset=utf-8";

  private static final Map<String, String> BY_SUFFIX =
      Map.ofEntries(
          Map.entry("txt", TEXT),
          Map.entry("md", TEXT),
          Map.entry("log", TEXT),
          Map.entry("nix", TEXT),
          Map.entry("sh", TEXT),
          Map.entry("c", TEXT),
          Map.entry("h", TEXT),
          Map.entry("py", TEXT),
          Map.entry("conf", TEXT),
          Map.entry("pc", TEXT),
          Map.entry("html", "text/html;charset=utf-8"),
          Map.entry("htm", "text/html;charset=utf-8"),
          Map.entry("css", "text/css;charset=utf-8"),
          Map.entry("csv", "text/csv;charset=utf-8"),
          Map.entry("js", "text/javascript;charset=utf-8"),
          Map.entry("xml", "text/xml;charset=utf-8"),
          Map.entry("json", "application/json"),
          Map.entry("pdf", "application/pdf"),
          Map.entry("wasm", "application/wasm"),
          Map.entry("gz", "application/gzip"),
          Map.entry("zip", "application/zip"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("jpg", "image/jpeg"),
          Map.entry("jpeg", "image/jpeg"),
          Map.entry("gif", "image/gif"),
          Map.entry("webp", "image/webp"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("ttf", "font/ttf"),
          Map.entry("otf", "font/otf"),
          Map.entry("woff2", "font/woff2"));

  /** Types that a browser may run, or give to a plug-in that does. */
  private static final Set<String> ACTIVE =
      Set.of(
          "text/html",
          "text/javascript",
          "text/xml",
          "text/css",
          "image/svg+xml",
          "application/pdf",
          "application/wasm");

  private ContentTypes() {}

  /** Returns whether content of a type may contain a program, or loads other content. */
  static boolean isActive(String type) {
    int semicolon = type.indexOf(';');
    return ACTIVE.contains(semicolon < 0 ? type : type.substring(0, semicolon));
  }

  /** Returns the value of Content-Type for a file of this name. */
  static String ofName(String name) {
    String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return name.indexOf('.') < 0 ? BYTES : BY_SUFFIX.getOrDefault(suffix, BYTES);
  }
}
