package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NarListingTest {
  private static final String FILE = "{\"narOffset\":96,\"size\":5,\"type\":\"regular\"}";

  static String resource(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(NarListingTest.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String document(String node) {
    return "{\"root\":" + node + ",\"version\":1}";
  }

  private static String directory(String entries) {
    return document("{\"entries\":{" + entries + "},\"type\":\"directory\"}");
  }

  private static void refused(String text) {
    NixFormatException e = assertThrows(NixFormatException.class, () -> NarListing.parse(text));
    assertFalse(e.getMessage().contains("\n"), e.getMessage());
  }

  @Test
  void whatNixWroteIsPrintedAsItCame() throws IOException {
    String text = resource("listing.ls");
    assertEquals(text, NarListing.parse(text).print());
  }

  @Test
  void theOrderOfNix28MeansTheSame() throws IOException {
    assertEquals(
        NarListing.parse(resource("listing.ls")), NarListing.parse(resource("listing-2.8.ls")));
  }

  @Property
  void parsingWhatWasPrintedGivesTheSame(@ForAll("nodes") NarListing.Node root) {
    NarListing listing = new NarListing(root);
    String text = listing.print();
    assertEquals(listing, NarListing.parse(text));
    assertEquals(text, NarListing.parse(text).print());
  }

  @Property
  void anyEditIsParsedOrRefused(
      @ForAll("nodes") NarListing.Node root, @ForAll int at, @ForAll("edits") String edit) {
    String text = new NarListing(root).print();
    int from = Math.floorMod(at, text.length());
    parseOrRefuse(text.substring(0, from) + edit + text.substring(from + 1));
    parseOrRefuse(text.substring(0, from));
  }

  private static void parseOrRefuse(String text) {
    try {
      NarListing listing = NarListing.parse(text);
      assertEquals(listing, NarListing.parse(listing.print()));
    } catch (NixFormatException e) {
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{}",
        "[]",
        "null",
        "{\"version\":1}",
        "{\"root\":" + FILE + "}",
        "{\"root\":" + FILE + ",\"version\":2}",
        "{\"root\":" + FILE + ",\"version\":\"1\"}",
        "{\"root\":" + FILE + ",\"version\":1}x",
        "{\"root\":" + FILE + ",\"version\":1}{}",
        "{\"root\":" + FILE + ",\"root\":" + FILE + ",\"version\":1}",
        "{\"root\":null,\"version\":1}",
        "<html>"
      })
  void whatIsNoListingIsRefused(String text) {
    refused(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"type\":\"regular\"}",
        "{\"type\":\"regular\",\"size\":1}",
        "{\"type\":\"fifo\",\"size\":1,\"narOffset\":1}",
        "{\"type\":\"regular\",\"size\":-1,\"narOffset\":1}",
        "{\"type\":\"regular\",\"size\":1.5,\"narOffset\":1}",
        "{\"type\":\"regular\",\"size\":99999999999999999999,\"narOffset\":1}",
        "{\"type\":\"regular\",\"size\":9223372036854775807,\"narOffset\":1}",
        "{\"type\":\"regular\",\"size\":1,\"narOffset\":1,\"executable\":1}",
        "{\"type\":\"regular\",\"size\":1,\"size\":1,\"narOffset\":1}",
        "{\"type\":\"symlink\"}",
        "{\"type\":\"symlink\",\"target\":\"\"}",
        "{\"type\":\"symlink\",\"target\":\"a\\u0000\"}",
        "{\"type\":\"symlink\",\"target\":\"\\ud800\"}",
        "{\"type\":\"directory\"}",
        "{\"type\":\"directory\",\"entries\":[]}"
      })
  void nodesThatAreNoneAreRefused(String node) {
    refused(document(node));
    refused(directory("\"a\":" + node));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ".",
        "..",
        "a/b",
        "\\u0000",
        "\\u0000a",
        "\\u0000\u00C3\\u0000\u00A9",
        "\\ud800"
      })
  void namesThatAreNoneAreRefused(String name) {
    refused(directory("\"" + name + "\":" + FILE));
  }

  @Test
  void aNameTwiceIsRefused() {
    refused(directory("\"a\":" + FILE + ",\"a\":" + FILE));
    refused(directory("\"a\":" + FILE + ",\"\\u0061\":" + FILE));
  }

  @Test
  void depthAndLengthsAreBounded() {
    NarListing.parse(nested(NarListing.MAX_DEPTH));
    refused(nested(NarListing.MAX_DEPTH + 1));
    refused("[".repeat(1_000_000));
    NarListing.parse(directory("\"" + "é".repeat(127) + "\":" + FILE));
    refused(directory("\"" + "é".repeat(128) + "\":" + FILE));
    refused(directory("\"" + "n".repeat(1_000_000) + "\":" + FILE));
    refused(document("{\"type\":\"symlink\",\"target\":\"" + "t".repeat(4096) + "\"}"));
  }

  private static String nested(int depth) {
    return document(
        "{\"entries\":{\"d\":".repeat(depth) + FILE + "},\"type\":\"directory\"}".repeat(depth));
  }

  @Test
  void bytesThatAreNotUtf8AreEscapedAsNothingElseIs() {
    String name = NarText.of(new byte[] {'a', (byte) 0xFF});
    NarListing listing = new NarListing(new NarListing.Symlink(name));
    assertEquals(document("{\"target\":\"a\\u0000\u00FF\",\"type\":\"symlink\"}"), listing.print());
    assertEquals(listing, NarListing.parse(listing.print()));
  }

  @Property
  void everyNodeIsFoundOnItsWay(@ForAll("nodes") NarListing.Node root) throws IOException {
    String text = new NarListing(root).print();
    checkFound(text, new ArrayList<>(), root);
  }

  private static void checkFound(String text, List<String> path, NarListing.Node node)
      throws IOException {
    assertEquals(
        Optional.of(new NarListingSearch.Found(path.size(), withoutLevels(node, 1))),
        find(text, path));
    StringBuilder copy = new StringBuilder();
    NarListingSearch.copy(new StringReader(text), path, copy);
    assertEquals(new NarListing(node).print(), copy.toString());
    path.add("below"); // no such entry
    if (node instanceof NarListing.Symlink) {
      assertEquals(
          Optional.of(new NarListingSearch.Found(path.size() - 1, node)), find(text, path));
    } else {
      assertEquals(Optional.empty(), find(text, path));
    }
    path.remove(path.size() - 1);
    if (node instanceof NarListing.Directory directory) {
      for (Map.Entry<String, NarListing.Node> entry : directory.entries().entrySet()) {
        path.add(entry.getKey());
        checkFound(text, path, entry.getValue());
        path.remove(path.size() - 1);
      }
    }
  }

  private static NarListing.Node withoutLevels(NarListing.Node node, int levels) {
    if (!(node instanceof NarListing.Directory directory)) {
      return node;
    }
    Map<String, NarListing.Node> kept = new java.util.HashMap<>();
    if (levels > 0) {
      directory.entries().forEach((name, one) -> kept.put(name, withoutLevels(one, levels - 1)));
    }
    return new NarListing.Directory(kept);
  }

  private static Optional<NarListingSearch.Found> find(String text, List<String> path)
      throws IOException {
    return NarListingSearch.find(new StringReader(text), path, 1000);
  }

  @Provide
  Arbitrary<NarListing.Node> nodes() {
    return nodes(3);
  }

  private static Arbitrary<NarListing.Node> nodes(int depth) {
    Arbitrary<NarListing.Node> files =
        Combinators.combine(
                Arbitraries.of(true, false),
                Arbitraries.longs().between(0, 1L << 50),
                Arbitraries.longs().between(0, 1L << 50))
            .as(NarListing.Regular::new);
    Arbitrary<NarListing.Node> links = texts().map(NarListing.Symlink::new);
    if (depth == 0) {
      return Arbitraries.oneOf(files, links);
    }
    Arbitrary<String> names =
        texts().map(text -> text.replace('/', '_')).filter(text -> !text.matches("\\.\\.?|below"));
    Arbitrary<NarListing.Node> directories =
        Arbitraries.lazy(
            () ->
                Arbitraries.maps(names, nodes(depth - 1))
                    .ofMaxSize(4)
                    .map(NarListing.Directory::new));
    return Arbitraries.frequencyOf(
        Tuple.of(1, files), Tuple.of(1, links), Tuple.of(3, directories));
  }

  /** Names of NARs: any bytes but zero. */
  private static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
            Arbitraries.strings()
                .ofMaxLength(12)
                .map(text -> text.getBytes(StandardCharsets.UTF_8)),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(12))
        .map(NarListingTest::withoutZeros)
        .map(NarText::of)
        .filter(text -> !text.isEmpty());
  }

  private static byte[] withoutZeros(byte[] bytes) {
    byte[] changed = bytes.clone();
    for (int i = 0; i < changed.length; i++) {
      changed[i] = changed[i] == 0 ? (byte) 1 : changed[i];
    }
    return changed;
  }

  @Provide
  Arbitrary<String> edits() {
    return Arbitraries.oneOf(
        Arbitraries.strings().ofMaxLength(3),
        Arbitraries.of(
            "\"", "{", "}", "\\", "\\u", "\\u0000", ",", ":", "-", "1e9", "null", "..", "/"));
  }
}
