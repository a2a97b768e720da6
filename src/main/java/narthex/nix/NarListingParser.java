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

/** Reads the JSON of a {@link NarListing}, all of it or on the way to one node. */
final class NarListingParser {
  /** Longest name or target as text; longer than what {@link NarListing} takes. */
  private static final int MAX_TEXT = 2 * NarListing.MAX_TARGET_BYTES;

  private static final int MAX_DIGITS = 20;

  /** Brackets around a node in the deepest directory: two per directory and one of the document. */
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

  /** The same for documents of our own, whose members were each written once. */
  private static final JsonFactory OURS =
      JSON.rebuild().disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /** Every level of every directory is read. */
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

  /**
   * What lies on this way in a listing of ours.
   *
   * @throws NixFormatException if it is not one
   * @throws IOException if it cannot be read
   */
  static Optional<NarListingSearch.Found> find(Reader listing, List<String> path, int most)
      throws IOException {
    try (JsonParser json = OURS.createParser(listing)) {
      return new NarListingParser(json).find(path, most);
    } catch (JsonProcessingException e) {
      throw new NixFormatException("not a listing: " + e.getOriginalMessage());
    }
  }

  /**
   * Prints what lies on this way in a listing of ours.
   *
   * @throws NixFormatException if it is not one, or nothing is called so
   * @throws IOException if it cannot be read
   */
  static void copy(Reader listing, List<String> path, NarListingPrinter printer)
      throws IOException {
    try (JsonParser json = OURS.createParser(listing)) {
      NarListingParser parser = new NarListingParser(json);
      if (parser.go(path) < path.size()) {
        throw wrong("no way to a node");
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
      throw wrong("something behind it");
    }
    if (root == null || !isVersion1) {
      throw wrong(root == null ? "no root" : "not version 1");
    }
    return new NarListing(root);
  }

  private Optional<NarListingSearch.Found> find(List<String> path, int most) throws IOException {
    int depth = go(path);
    if (depth == ABSENT) {
      return Optional.empty();
    }
    NarListing.Node node = readNode(depth == path.size() ? 1 : 0, most);
    return Optional.of(new NarListingSearch.Found(depth, node))
        .filter(found -> depth == path.size() || node instanceof NarListing.Symlink);
  }

  /**
   * Goes to the object of a node, into its first member.
   *
   * @return how many names of the way lead to it, fewer than all if it is no directory; or ABSENT
   */
  private int go(List<String> path) throws IOException {
    expect(json.nextToken(), JsonToken.START_OBJECT);
    if (!goTo("root")) {
      throw wrong("no root");
    }
    // In the order in which we write, a directory is known by its first member.
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

  /** Goes to the value of this member of the object; it must be an object. */
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

  /** Reads the rest of an object from the name of its first member on. */
  private NarListing.Node readNode(int levels, int most) throws IOException {
    Members members = new Members();
    while (json.currentToken() == JsonToken.FIELD_NAME) {
      String name = json.currentName();
      JsonToken value = json.nextToken();
      switch (name) {
        case "type" -> members.type = readText();
        case "entries" -> members.entries = readEntries(levels, most);
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

  private Map<String, NarListing.Node> readEntries(int levels, int most) throws IOException {
    expect(json.currentToken(), JsonToken.START_OBJECT);
    if (levels == 0) {
      json.skipChildren();
      return Map.of();
    }
    Map<String, NarListing.Node> entries = new HashMap<>();
    String name;
    while ((name = json.nextFieldName()) != null) {
      expect(json.nextToken(), JsonToken.START_OBJECT);
      if (entries.size() < most) {
        json.nextToken();
        entries.put(name, readNode(levels - 1, most));
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
      throw wrong(token + " in place of " + expected);
    }
  }

  private static NixFormatException wrong(String reason) {
    return new NixFormatException("not a listing: " + reason);
  }

  /** The members of a node, in whatever order they come. */
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
      throw wrong("a node that is no directory, no file and no link");
    }
  }
}
