package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.Tuple.Tuple3;

class NarInfoPropertyTest {
  private static final String NIX32 = "0123456789abcdfghijklmnpqrsvwxyz";

  @Property
  void canonicalTextIsPrintedAsItCame(@ForAll("canonicalTexts") String text) {
    assertEquals(text, NarInfo.parse(text).print());
  }

  @Property
  void parsingWhatWasPrintedGivesTheSame(@ForAll("canonicalTexts") String text) {
    NarInfo narInfo = NarInfo.parse(text);

    assertEquals(narInfo, NarInfo.parse(narInfo.print()));
    assertEquals(narInfo.fingerprint(), NarInfo.parse(narInfo.print()).fingerprint());
  }

  @Property
  void arbitraryTextIsRefusedInOneLine(@ForAll String text) {
    parseOrRefuse(text);
  }

  @Property
  void linesOfKnownKeysAreParsedOrRefused(@ForAll("keyLines") List<String> lines) {
    parseOrRefuse(String.join("\n", lines) + "\n");
  }

  @Property
  void anyEditOfACanonicalTextIsParsedOrRefused(
      @ForAll("canonicalTexts") String text,
      @ForAll("edits") Tuple3<Integer, Integer, String> edit) {
    int from = edit.get1() % text.length();
    int to = Math.min(text.length(), from + edit.get2());

    parseOrRefuse(text.substring(0, from) + edit.get3() + text.substring(to));
  }

  private static void parseOrRefuse(String text) {
    try {
      NarInfo narInfo = NarInfo.parse(text);
      assertEquals(narInfo, NarInfo.parse(narInfo.print()));
    } catch (NixFormatException e) {
      assertFalse(String.valueOf(e.getMessage()).contains("\n"), e.getMessage());
    }
  }

  @Provide
  Arbitrary<Tuple3<Integer, Integer, String>> edits() {
    return Combinators.combine(
            Arbitraries.integers().between(0, 100_000),
            Arbitraries.integers().between(0, 20),
            Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(5),
                Arbitraries.of("\n", "\r\n", ": ", ":", "Sig: x\n", "URL: y\n", "")))
        .as(Tuple::of);
  }

  @Provide
  Arbitrary<List<String>> keyLines() {
    Arbitrary<String> keys =
        Arbitraries.of(
            "StorePath",
            "URL",
            "Compression",
            "FileHash",
            "FileSize",
            "NarHash",
            "NarSize",
            "References",
            "Deriver",
            "Sig",
            "CA",
            "Xyz",
            "");
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.strings().ascii().ofMaxLength(20),
            Arbitraries.strings().numeric().ofMaxLength(20),
            baseNames(),
            baseNames().map(name -> "/nix/store/" + name),
            hashes(),
            signatures());
    return Combinators.combine(keys, Arbitraries.of(": ", ":", " : ", ""), values)
        .as((key, separator, value) -> key + separator + value)
        .list()
        .ofMaxSize(14);
  }

  @Provide
  Arbitrary<String> canonicalTexts() {
    Arbitrary<String> file =
        Combinators.combine(
                Arbitraries.strings().withCharRange('!', '~').withChars("äß✓").ofMinLength(1),
                Arbitraries.of(Compression.class),
                optionalLine("FileHash: ", hashes()),
                optionalLine("FileSize: ", sizes()))
            .as(
                (url, compression, hash, size) ->
                    "URL: " + url + "\nCompression: " + compression.nixName() + "\n" + hash + size);
    Arbitrary<String> nar =
        Combinators.combine(hashes(), sizes())
            .as((hash, size) -> "NarHash: " + hash + "\nNarSize: " + size + "\n");
    Arbitrary<String> references =
        baseNames().list().ofMaxSize(5).map(n -> "References: " + String.join(" ", n) + "\n");
    Arbitrary<String> signatureLines =
        signatures()
            .map(text -> "Sig: " + text + "\n")
            .list()
            .ofMaxSize(3)
            .map(s -> String.join("", s));
    return Combinators.combine(
            baseNames().map(name -> "StorePath: /nix/store/" + name + "\n"),
            file,
            nar,
            references,
            optionalLine("Deriver: ", baseNames().map(name -> name + ".drv")),
            signatureLines,
            optionalLine("CA: ", hashes().map(hash -> "fixed:r:" + hash)))
        .as(
            (path, fileLines, narLines, referenceLine, deriver, sigs, ca) ->
                path + fileLines + narLines + referenceLine + deriver + sigs + ca);
  }

  private static Arbitrary<String> optionalLine(String key, Arbitrary<String> values) {
    return Arbitraries.oneOf(Arbitraries.just(""), values.map(value -> key + value + "\n"));
  }

  private static Arbitrary<String> baseNames() {
    return Combinators.combine(
            Arbitraries.strings().withChars(NIX32).ofLength(32),
            Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('A', 'Z')
                .withCharRange('0', '9')
                .withChars("+-._?=")
                .ofMinLength(1)
                .ofMaxLength(40)
                .map(name -> name.startsWith(".") ? "x" + name : name))
        .as((hash, name) -> hash + "-" + name);
  }

  private static Arbitrary<String> hashes() {
    return Arbitraries.bytes()
        .array(byte[].class)
        .ofSize(32)
        .map(bytes -> Sha256.of(bytes).toString());
  }

  private static Arbitrary<String> sizes() {
    return Arbitraries.longs().between(1, Long.MAX_VALUE).map(String::valueOf);
  }

  private static Arbitrary<String> signatures() {
    return Combinators.combine(
            Arbitraries.strings().withCharRange('a', 'z').withChars("-.1").ofMinLength(1),
            Arbitraries.bytes().array(byte[].class).ofSize(64))
        .as((name, bytes) -> new KeyText(name, bytes).print());
  }
}
