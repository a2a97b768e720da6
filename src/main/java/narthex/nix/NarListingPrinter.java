package narthex.nix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a {@link NarListing} piece by piece while its NAR is read. A listing has the order of its
 * NAR, so the printer keeps nothing in memory. The root has an empty name. All methods wrap an
 * {@link IOException} of the target in an {@link UncheckedIOException}. For one thread.
 */
public final class NarListingPrinter {
  private static final char FIRST_PRINTABLE = ' ';

  private final Appendable out;

  /** Whether the next node is the first one in its directory. */
  private boolean first = true;

  /** Starts a listing. The caller closes the target. */
  public NarListingPrinter(Appendable out) {
    this.out = out;
    append("{\"root\":");
  }

  /** Starts a directory: all nodes up to {@link #endDirectory} are its entries. */
  public void beginDirectory(String name) {
    begin(name);
    append("{\"entries\":{");
    first = true;
  }

  /** Ends the innermost directory. */
  public void endDirectory() {
    append("},\"type\":\"directory\"}");
    first = false;
  }

  /** Writes a regular file. */
  public void file(String name, NarListing.Regular file) {
    begin(name);
    append(file.executable() ? "{\"executable\":true,\"narOffset\":" : "{\"narOffset\":");
    append(Long.toString(file.narOffset()));
    append(",\"size\":");
    append(Long.toString(file.sizeBytes()));
    append(",\"type\":\"regular\"}");
  }

  /** Writes a symbolic link. */
  public void symlink(String name, String target) {
    begin(name);
    append("{\"target\":");
    appendString(target);
    append(",\"type\":\"symlink\"}");
  }

  /** Ends the listing. */
  public void end() {
    append(",\"version\":1}");
  }

  /** Writes a node with everything in it. */
  void print(String name, NarListing.Node node) {
    if (node instanceof NarListing.Regular file) {
      file(name, file);
    } else if (node instanceof NarListing.Symlink link) {
      symlink(name, link.target());
    } else if (node instanceof NarListing.Directory directory) {
      beginDirectory(name);
      for (Map.Entry<String, NarListing.Node> entry : directory.entries().entrySet()) {
        print(entry.getKey(), entry.getValue());
      }
      endDirectory();
    }
  }

  private void begin(String name) {
    if (!first) {
      append(",");
    }
    first = false;
    if (!name.isEmpty()) {
      appendString(name);
      append(":");
    }
  }

  /** Escapes the same characters as nlohmann/json, the library of Nix. */
  private void appendString(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\b' -> json.append("\\b");
        case '\f' -> json.append("\\f");
        case '\n' -> json.append("\\n");
        case '\r' -> json.append("\\r");
        case '\t' -> json.append("\\t");
        default -> {
          if (c < FIRST_PRINTABLE) {
            json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
          } else {
            json.append(c);
          }
        }
      }
    }
    append(json.append('"'));
  }

  private void append(CharSequence text) {
    try {
      out.append(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
