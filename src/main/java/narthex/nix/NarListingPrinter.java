package narthex.nix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a {@link NarListing} while its NAR is read: the calls come in the order of the NAR, which
 * is the order in which Nix writes, so that nothing is kept. The name of the root is empty. What
 * the target throws comes as {@link UncheckedIOException}. For one thread.
 */
public final class NarListingPrinter {
  private static final char FIRST_PRINTABLE = ' ';

  private final Appendable out;

  /** Whether what comes next is the first of its directory. */
  private boolean first = true;

  /** Writes to this target, which stays open. */
  public NarListingPrinter(Appendable out) {
    this.out = out;
    append("{\"root\":");
  }

  /** A directory begins; what follows is in it until {@link #endDirectory}. */
  public void beginDirectory(String name) {
    begin(name);
    append("{\"entries\":{");
    first = true;
  }

  /** The innermost directory ends. */
  public void endDirectory() {
    append("},\"type\":\"directory\"}");
    first = false;
  }

  /** A regular file. */
  public void file(String name, NarListing.Regular file) {
    begin(name);
    append(file.executable() ? "{\"executable\":true,\"narOffset\":" : "{\"narOffset\":");
    append(Long.toString(file.narOffset()));
    append(",\"size\":");
    append(Long.toString(file.sizeBytes()));
    append(",\"type\":\"regular\"}");
  }

  /** A symbolic link. */
  public void symlink(String name, String target) {
    begin(name);
    append("{\"target\":");
    appendString(target);
    append(",\"type\":\"symlink\"}");
  }

  /** The NAR ended. */
  public void end() {
    append(",\"version\":1}");
  }

  /** A node with all that is in it. */
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

  /** Escapes what nlohmann's library, which Nix uses, escapes. */
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
