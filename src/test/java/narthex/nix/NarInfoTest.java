package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NarInfoTest {
  private static final String HASH = "70jr248gly7p1vxxxgjjs10n8627dcl0";
  private static final String NAR_HASH =
      "sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
  private static final String LEAST =
      "StorePath: /nix/store/" + HASH + "-a\nURL: u\nNarHash: " + NAR_HASH + "\nNarSize: 7\n";

  @ParameterizedTest
  @ValueSource(strings = {NarInfoTexts.CURL, NarInfoTexts.VECTOR, NarInfoTexts.DEPENDENCY})
  void whatNixWroteIsPrintedAsItCame(String text) {
    assertEquals(text, NarInfo.parse(text).print());
  }

  @Test
  void everyFieldIsRead() {
    NarInfo narInfo = NarInfo.parse(NarInfoTexts.CURL);

    assertEquals("curl-7.82.0-bin", narInfo.storePath().name());
    assertEquals(
        new NarFile(
            "nar/05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56.nar.xz",
            Compression.XZ,
            Sha256.parseNix32("05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56"),
            68852L),
        narInfo.file());
    assertEquals(196040, narInfo.nar().sizeBytes());
    assertEquals(
        Sha256.parseNix32("1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0"),
        narInfo.nar().hash());
    assertEquals(4, narInfo.references().size());
    assertEquals("yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n", narInfo.references().get(3));
    assertEquals("5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv", narInfo.deriver());
    assertEquals("test1", narInfo.signatures().get(1).keyName());
    assertNull(narInfo.ca());
    assertEquals(
        "text:sha256:15f6ldyb08xn75r3kkiw8jsgy19z8gib696j4fj2hf2jf2f36v1x",
        NarInfo.parse(NarInfoTexts.DEPENDENCY).ca());
  }

  @Test
  void theFingerprintIsWhatNixSigns() {
    assertEquals(
        "1;/nix/store/70jr248gly7p1vxxxgjjs10n8627dcl0-vector-2.12.1;"
            + "sha256:0bm0xmn5069mc0g7asfmcbwwhqv3xkc0i5xif9skd2b5hwkmdq7h;272;"
            + "/nix/store/70jr248gly7p1vxxxgjjs10n8627dcl0-vector-2.12.1,"
            + "/nix/store/a4vyk2gcxkv7mx7vwx9girvrvk8sgidr-dep-b,"
            + "/nix/store/fdjk3qnga7mv4mnx16da59b9j6d2vf7c-zdep-a",
        NarInfo.parse(NarInfoTexts.VECTOR).fingerprint());
    assertEquals(
        "1;/nix/store/" + HASH + "-a;" + NAR_HASH + ";7;", NarInfo.parse(LEAST).fingerprint());
  }

  @Test
  void theFingerprintHasEachReferenceOnceInOrder() {
    NarInfo narInfo =
        NarInfo.parse(LEAST + "References: " + HASH + "-b " + HASH + "-a " + HASH + "-b\n");

    assertTrue(
        narInfo.fingerprint().endsWith(";7;/nix/store/" + HASH + "-a,/nix/store/" + HASH + "-b"));
    assertEquals(List.of(HASH + "-b", HASH + "-a", HASH + "-b"), narInfo.references());
  }

  @Test
  void theLeastIsEnoughAndMeansBzip2() {
    NarInfo narInfo = NarInfo.parse(LEAST);

    assertEquals(new NarFile("u", Compression.BZIP2, null, null), narInfo.file());
    assertEquals(List.of(), narInfo.references());
    assertNull(narInfo.deriver());
    assertEquals(narInfo, NarInfo.parse(LEAST + "Compression: \n"));
    assertTrue(narInfo.print().contains("\nReferences: \n"), narInfo.print());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "References: \n",
        "Deriver: unknown-deriver\n",
        "Deriver: \n",
        "CA: \n",
        "Unknown: whatever: it is\n",
        "Unknown: \nUnknown: again\n",
        "sig: lower case is another key\n",
        "Sigs: a\nURLs: b\nStorePaths: c\n",
        "Sig: malformed\nSig: \nSig: a:AAAA\n",
        "FileHash: md5:1B2M2Y8AsgTpgAmY7PhCfg==\n",
        "FileHash: nonsense\nFileSize: nonsense\n",
        "FileHash: \nFileSize: \n",
        "FileSize: 0\n",
        "FileSize: -5\n",
        "FileSize: 99999999999999999999\n",
        ": no key\n",
        "some key: x\n",
        "Unknown:x\n",
        "CR: x\r\n",
        "Tab: a\tb\n",
        "Null: a\0b\n",
        "Delete: a\u007fb\n",
        "Deriver:\tunknown-deriver\n",
        "Deriver: unknown-deriver\nDeriver: unknown-deriver\n",
        "References:   \nReferences: \n",
        "CA: \nCA: \n"
      })
  void linesThatSayNothingAreAsGoodAsNone(String lines) {
    assertEquals(NarInfo.parse(LEAST), NarInfo.parse(LEAST + lines));
    assertEquals(NarInfo.parse(LEAST), NarInfo.parse(lines + LEAST));
  }

  @Test
  void whatNixTakesIsTaken() {
    NarInfo narInfo = NarInfo.parse(NarInfoTexts.VECTOR);
    String text = narInfo.print();
    String signature = "Sig: " + narInfo.signatures().get(0).print();
    List<String> same =
        List.of(
            text.replace("URL: ", "URL:\t"),
            text.replace("NarSize: ", "NarSize:x"),
            text.replace("NarSize: ", "NarSize: 00"),
            text.replace("NarSize: ", "NarSize: +"),
            text.replace("References: ", "References:   "),
            text.replace("URL: ", "URL: nar/elsewhere\nURL: "),
            text.replace("Compression: ", "Compression: br\nCompression: "),
            text.replace("NarSize: ", "NarSize: 1\nNarSize: "),
            text.replace(signature, signature + " "),
            text.replace(signature, signature + "junk"),
            text.replace(signature, signature.replace("=", "")));

    for (String one : same) {
      assertEquals(narInfo, NarInfo.parse(one), one);
      assertEquals(text, NarInfo.parse(one).print());
    }
  }

  @Test
  void aSignatureThatNixCannotReadIsNone() {
    NarInfo narInfo = NarInfo.parse(NarInfoTexts.VECTOR);
    String text = narInfo.print();
    String base64 = narInfo.signatures().get(0).print().split(":")[1];
    String bare = base64.replace("=", "");

    for (String broken :
        List.of(" " + base64, bare + " ", bare + "\t", bare.replaceFirst(".{20}", "$0 "))) {
      NarInfo read = NarInfo.parse(text.replace(base64, broken));
      assertEquals(narInfo.signatures().size() - 1, read.signatures().size(), broken);
    }
  }

  @Test
  void narHashMayComeInEveryForm() {
    String base16 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    String sri = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    assertEquals(NarInfo.parse(LEAST), NarInfo.parse(LEAST.replace(NAR_HASH, base16)));
    assertEquals(NarInfo.parse(LEAST), NarInfo.parse(LEAST.replace(NAR_HASH, sri)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "References:\n",
        "\n",
        "no colon\n",
        "no newline: at the end",
        "URL: u\r\n",
        "URL: u\0\n",
        "CA: a\tb\n",
        "References: " + HASH + "-b\nReferences: \n",
        "References: " + HASH + "-b\nReferences: " + HASH + "-b\n",
        "References: \t\n",
        "CA: text:a\nCA: text:a\n",
        "Compression: zst\n",
        "References: /nix/store/" + HASH + "-b\n",
        "References: " + HASH + "\n",
        "Deriver: /nix/store/" + HASH + "-a.drv\n"
      })
  void linesThatClientsWouldRefuseAreRefused(String lines) {
    assertThrows(NixFormatException.class, () -> NarInfo.parse(LEAST + lines));
  }

  @Test
  void eachRequiredFieldIsRequired() {
    for (String line : LEAST.lines().toList()) {
      String without = LEAST.replace(line + "\n", "");
      String emptied = LEAST.replace(line, line.replaceFirst(" .*", " "));
      assertThrows(NixFormatException.class, () -> NarInfo.parse(without), without);
      assertThrows(NixFormatException.class, () -> NarInfo.parse(emptied), emptied);
    }
    assertThrows(NixFormatException.class, () -> NarInfo.parse(""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "+", "++1", "1 ", " 1", "0x1", "1e3", "9223372036854775808", "٣"})
  void aNarSizeIsAPositiveNumber(String size) {
    String text = LEAST.replace("NarSize: 7", "NarSize: " + size);

    assertThrows(NixFormatException.class, () -> NarInfo.parse(text));
  }

  @Test
  void theLargestNarSizeIsRead() {
    String text = LEAST.replace("NarSize: 7", "NarSize: " + Long.MAX_VALUE);

    assertEquals(Long.MAX_VALUE, NarInfo.parse(text).nar().sizeBytes());
  }

  @Test
  void aNarHashOfAnotherAlgorithmIsRefused() {
    String text = LEAST.replace(NAR_HASH, "md5:1B2M2Y8AsgTpgAmY7PhCfg==");

    assertThrows(NixFormatException.class, () -> NarInfo.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://other.example/nar/x.nar.zst?hash=a&b=c:d",
        "nar/5f3c1c8e-5d0b-4f4e-9c3c-0c4b2c1b6a11",
        "../nar/x.nar",
        "nar/ä b.nar"
      })
  void theUrlIsOpaque(String url) {
    NarInfo narInfo = NarInfo.parse(LEAST.replace("URL: u", "URL: " + url));

    assertEquals(url, narInfo.file().url());
    assertEquals(narInfo, NarInfo.parse(narInfo.print()));
  }

  @Test
  void whatWouldBreakALineCannotBePutIn() {
    NarInfo narInfo = NarInfo.parse(LEAST);

    assertThrows(
        NixFormatException.class, () -> new NarFile("u\nSig: x", Compression.XZ, null, null));
    assertThrows(NixFormatException.class, () -> new NarFile("", Compression.XZ, null, null));
    assertThrows(NixFormatException.class, () -> new NarFile("u", Compression.XZ, null, 0L));
    assertThrows(
        NixFormatException.class,
        () ->
            new NarInfo(
                narInfo.storePath(),
                narInfo.file(),
                narInfo.nar(),
                List.of(HASH + "-a\nSig: x"),
                null,
                List.of(),
                null));
  }

  @Test
  void replacingTheFileChangesNothingThatIsSigned() {
    NarInfo narInfo = NarInfo.parse(NarInfoTexts.VECTOR);
    NarFile file = new NarFile("nar/x.nar", Compression.NONE, null, null);

    NarInfo replaced = narInfo.withFile(file);

    assertEquals(file, replaced.file());
    assertEquals(narInfo.fingerprint(), replaced.fingerprint());
    assertEquals(narInfo, replaced.withFile(narInfo.file()));
  }
}
