package narthex.nix;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Parses the JSON of a {@link NarListing}: the whole document, or only the node at a path. */
final class NarListingParser {
  /**
   * Longest name or target in characters: an escaped byte takes two. {@link NarListing} checks the
   * exact limits.
   */
  private static final int MAX_TEXT = 2 * NarListing.MAX_TARGET_BYTES;

  private static final int MAX_DIGITS = 20;

  /** JSON nesting of the deepest node: two levels per directory, one each for document and node. */
  private static final int MAX_BRACKETS = 2 * NarListing.MAX_DEPTH + 2;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .recyclerPool(JsonRecyclerPools.nonRecyclingPool())
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_BRACKETS)
                  .maxStringLength(MAX_TEXT)
                  .maxNameLength(MAX_TEXT)
                  .maxNumberLength(MAX_DIGITS)
                  .build())
          .build();

  /** For listings that Narthex wrote: they have no duplicates, so save the cost of the check. */
  private static final JsonFactory OURS =
      JSON.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** No limit of levels or entries. */
  private static final int ALL = Integer.MAX_VALUE;

  private static final int ABSENT = -1;

  private final JsonParser json;

  private NarListingParser(JsonParser json) {
    this.json = json;
  }

  static NarListing parse(String text) {
    try (JsonParser json = JSON.createParser(text)) {
      return new NarListingParser(json).readDocument();
    } catch (JsonProcessingException e) {
      throw new NixFormatException("not a listing: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  /** Implements {@link NarListingSearch#find}. */
  static Optional<NarListingSearch.Found> find(Reader listing, List<String> path, int maxEntries)
      throws IOException {
    try (JsonParser json = OURS.createParser(listing)) {
      return new NarListingParser(json).find(path, maxEntries);
    } catch (JsonProcessingException e) {
      throw new NixFormatException("not a listing: " + e.getOriginalMessage());
    }
  }

  /** Prints the node at a path of a listing that Narthex wrote, with everything in it. */
  static void copy(Reader listing, List<String> path, NarListingPrinter printer)
      throws IOException {
    try (JsonParser json = OURS.createParser(listing)) {
      NarListingParser parser = new NarListingParser(json);
      if (parser.go(path) < path.size()) {
        throw wrong("no such path");
      }
      parser.copyNode("", printer);
    } catch (JsonProcessingException e) {
      throw new NixFormatException("not a listing: " + e.getOriginalMessage());
    }
  }

  private NarListing readDocument() throws IOException {
    NarListing.@Nullable Node root = null;
    boolean isVersion1 = false;
    expect(json.nextToken(), JsonToken.START_OBJECT);
    String name;
    while ((name = json.nextFieldName()) != null) {
      JsonToken value = json.nextToken();
      switch (name) {
        case "root" -> {
          expect(value, JsonToken.START_OBJECT);
          json.nextToken();
          root = readNode(ALL, ALL);
        }
        case "version" -> isVersion1 = value == JsonToken.VALUE_NUMBER_INT && readNumber() == 1;
        default -> json.skipChildren();
      }
    }
    expect(json.currentToken(), JsonToken.END_OBJECT);
    if (json.nextToken() != null) {
      throw wrong("trailing text");
    }
    if (root == null || !isVersion1) {
      throw wrong(root == null ? "no root" : "not version 1");
    }
    return new NarListing(root);
  }

  private Optional<NarListingSearch.Found> find(List<String> path, int maxEntries)
      throws IOException {
    int depth = go(path);
    if (depth == ABSENT) {
      return Optional.empty();
    }
    NarListing.Node node = readNode(depth == path.size() ? 1 : 0, maxEntries);
    return Optional.of(new NarListingSearch.Found(depth, node))
        .filter(found -> depth == path.size() || node instanceof NarListing.Symlink);
  }

  /**
   * Moves to the first member of the node at a path, or of the first node on the way that isn't a
   * directory.
   *
   * @return the number of names in the path that lead to the node; ABSENT if a directory lacks the
   *     next name
   */
  private int go(List<String> path) throws IOException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    if (!goTo("root")) {
      throw wrong("no root");
    }
    // Narthex writes the members in alphabetical order, so "entries" comes first in a directory.
    for (int depth = 0; depth < path.size(); depth++) {
      if (!"entries".equals(json.nextFieldName())) {
        return depth;
      }
      expect(json.nextToken(), JsonToken.START_OBJECT);
      if (!goTo(path.get(depth))) {
        return ABSENT;
      }
    }
    json.nextFieldName();
    return path.size();
  }

  private void copyNode(String name, NarListingPrinter printer) throws IOException {
    if (!"entries".equals(json.currentName())) {
      printer.print(name, readNode(0, 0));
      return;
    }
    expect(json.nextToken(), JsonToken.START_OBJECT);
    printer.beginDirectory(name);
    String entry;
    while ((entry = json.nextFieldName()) != null) {
      expect(json.nextToken(), JsonToken.START_OBJECT);
      json.nextFieldName();
      copyNode(entry, printer);
    }
    printer.endDirectory();
    while (json.nextFieldName() != null) {
      json.nextToken();
    }
  }

  /** Moves into the member of this name, which must be an object; false if there is none. */
  private boolean goTo(String wanted) throws IOException {
    String name;
    while ((name = json.nextFieldName()) != null) {
      JsonToken value = json.nextToken();
      if (name.equals(wanted)) {
        expect(value, JsonToken.START_OBJECT);
        return true;
      }
      json.skipChildren();
    }
    return false;
  }

  /**
   * Reads a node; the parser must be at the name of its first member.
   *
   * @param levels how many levels of directories to read; deeper entries are left out
   * @param maxEntries how many entries of a directory to keep
   */
  private NarListing.Node readNode(int levels, int maxEntries) throws IOException {
    Members members = new Members();
    while (json.currentToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      switch (name) {
        case "type" -> members.type = readText();
        case "entries" -> members.entries = readEntries(levels, maxEntries);
        case "executable" -> {
          if (value != JsonToken.VALUE_TRUE && value != JsonToken.VALUE_FALSE) {
            throw wrong("'executable' is neither true nor false");
          }
          members.executable = value == JsonToken.VALUE_TRUE;
        }
        case "narOffset" -> members.narOffset = readNumber();
        case "size" -> members.size = readNumber();
        case "target" -> members.target = readText();
        default -> json.skipChildren();
      }
      json.nextToken();
    }
    return members.node();
  }

  private Map<String, NarListing.Node> readEntries(int levels, int maxEntries) throws IOException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    if (levels == 0) {
      json.skipChildren();
      return Map.of();
    }
    Map<String, NarListing.Node> entries = new HashMap<>();
    String name;
    while ((name = json.nextFieldName()) != null) {
      expect(json.nextToken(), JsonToken.START_OBJECT);
      if (entries.size() < maxEntries) {
        json.nextToken();
        entries.put(name, readNode(levels - 1, maxEntries));
      } else {
        json.skipChildren();
      }
    }
    return entries;
  }

  private String readText() throws IOException {
    expect(json.currentToken(), JsonToken.VALUE_STRING);
    return json.getText();
  }

  private long readNumber() throws IOException {
    expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT);
    return json.getLongValue();
  }

  private static void expect(@Nullable JsonToken token, JsonToken expected) {
    if (token != expected) {
      throw wrong("expected " + expected + ", found " + token);
    }
  }

  private static NixFormatException wrong(String reason) {
    return new NixFormatException("not a listing: " + reason);
  }

  /** Collects the members of a node, which may come in any order. */
  private static final class Members {
    private @Nullable String type;
    private @Nullable Map<String, NarListing.Node> entries;
    private @Nullable Boolean executable;
    private @Nullable Long narOffset;
    private @Nullable Long size;
    private @Nullable String target;

    NarListing.Node node() {
      Map<String, NarListing.Node> files = entries;
      Long offset = narOffset;
      Long length = size;
      String link = target;
      if ("directory".equals(type) && files != null) {
        return new NarListing.Directory(files);
      }
      if ("regular".equals(type) && offset != null && length != null) {
        return new NarListing.Regular(Boolean.TRUE.equals(executable), offset, length);
      }
      if ("symlink".equals(type) && link != null) {
        return new NarListing.Symlink(link);
      }
      throw wrong("a node is neither a directory nor a regular file nor a symbolic link");
    }
  }
}
