package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import narthex.nix.DocumentName.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentNameTest {
  private static final String HASH = "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrlm";
  private static final String DRV = HASH + "-gtk+3-1.0_a?=b.drv";
  private static final String HEX =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  private static final String BUILD_ID = "483bd7f7229bdb06462222e1e353e4f37e15c293";

  @ParameterizedTest
  @CsvSource({
    "LISTING, " + HASH + ".ls, " + HASH + ", ''",
    "LOG, log/" + DRV + ", " + DRV + ", ''",
    "DEBUG_INFO, debuginfo/" + BUILD_ID + ", " + BUILD_ID + ", ''",
    "DEBUG_INFO, debuginfo/" + BUILD_ID + ".debug, " + BUILD_ID + ".debug, ''",
    "REALISATION, realisations/sha256:" + HEX + "!out.doi, sha256:" + HEX + ", out",
    "REALISATION, realisations/sha256:" + HEX + "!a+b_?=.doi, sha256:" + HEX + ", a+b_?=",
    "BUILD_TRACE, build-trace-v2/" + DRV + "/out.doi, " + DRV + ", out"
  })
  void everyKindIsParsedAndPrintedAsItWas(Kind kind, String path, String subject, String output) {
    DocumentName name = DocumentName.parse(path);

    assertEquals(new DocumentName(kind, subject, output), name);
    assertEquals(path, name.print());
  }

  @Test
  void theListingOfAStorePathIsNamedByItsHash() {
    assertEquals(DocumentName.parse(HASH + ".ls"), DocumentName.listing(StorePathHash.parse(HASH)));
  }

  @Test
  void twoNamesOfDebugSymbolsAreTwoDocuments() {
    assertNotEquals(
        DocumentName.parse("debuginfo/" + BUILD_ID),
        DocumentName.parse("debuginfo/" + BUILD_ID + ".debug"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "log",
        "log/",
        ".ls",
        HASH,
        HASH + ".narinfo",
        HASH + ".ls.ls",
        "/" + HASH + ".ls",
        "log//" + DRV,
        "log/" + DRV + "/",
        "log/../" + DRV,
        "log/" + HASH + "-name",
        "log/" + HASH + "-.drv.drv ",
        "log/" + HASH + "-a b.drv",
        "log/" + HASH + "-a\u0000b.drv",
        "log/" + HASH + "-a\\b.drv",
        "log/" + HASH + "-\u00e4.drv",
        "log/" + HASH + "-..-b.drv",
        "LOG/" + DRV,
        "logs/" + DRV,
        "log/" + "e" + "sn5lbjwwmnbv2bq2xh5qhpm3lrn7nrl" + "-a.drv",
        "debuginfo/",
        "debuginfo/" + HEX,
        "debuginfo/" + BUILD_ID + ".debug.debug",
        "debuginfo/483BD7F7229BDB06462222E1E353E4F37E15C293",
        "debuginfo/48/3bd7f7229bdb06462222e1e353e4f37e15c293",
        "realisations/" + HEX + "!out.doi",
        "realisations/sha256:" + HEX + "!.doi",
        "realisations/sha256:" + HEX + "!out",
        "realisations/sha256:" + HEX + "!out!dev.doi",
        "realisations/sha256:" + HEX + "!../x.doi",
        "realisations/sha256:" + HEX + "!...doi",
        "realisations/sha256:" + HEX + "/out.doi",
        "realisations/sha512:" + HEX + "!out.doi",
        "realisations/sha256:" + BUILD_ID + "!out.doi",
        "build-trace-v2/" + DRV + "/out",
        "build-trace-v2/" + DRV + "!out.doi",
        "build-trace-v2/" + DRV + "/a/b.doi",
        "build-trace-v2/" + HASH + "-a/out.doi",
        "build-trace-v2//out.doi"
      })
  void anythingElseIsRefused(String path) {
    assertThrows(NixFormatException.class, () -> DocumentName.parse(path));
  }

  @Test
  void namesLongerThanNixHasAreRefusedInOneBoundedLine() {
    String longest = "log/" + HASH + "-" + "a".repeat(StorePath.MAX_NAME_LENGTH - 4) + ".drv";
    assertEquals(longest, DocumentName.parse(longest).print());

    for (String path :
        new String[] {
          longest.replace(".drv", "a.drv"),
          "log/" + "a".repeat(1_000_000),
          "realisations/sha256:" + HEX + "!" + "o".repeat(212) + ".doi"
        }) {
      NixFormatException refusal =
          assertThrows(NixFormatException.class, () -> DocumentName.parse(path));
      assertEquals(1, refusal.getMessage().lines().count());
    }
  }
}
