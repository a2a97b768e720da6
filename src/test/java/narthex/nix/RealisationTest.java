package narthex.nix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RealisationTest {
  private static final List<PublicKey> TRUSTED = List.of(Realisations.KEY.publicKey());
  private static final SecretKey OURS = SecretKey.generate("ours-1", new SecureRandom());
  private static final List<PublicKey> OUR_KEY = List.of(OURS.publicKey());
  private static final String LEAF = new String(Realisations.leaf(), UTF_8);
  private static final String TOP = new String(Realisations.top(), UTF_8);
  private static final String DRV = "mh78apg8g4r2bbp8vgd1hvk7jkp26zmv-top+1.drv";
  private static final DocumentName TRACE =
      DocumentName.parse("build-trace-v2/" + DRV + "/out.doi");
  private static final String OUT_PATH = "\"outPath\":\"s9prprclyq2ydf9xsjpyphdyh6gxqlg5-top+1\"";

  private static Realisation leaf(String text) {
    return Realisation.parse(Realisations.LEAF, text.getBytes(UTF_8));
  }

  private static Realisation top(String text) {
    return Realisation.parse(Realisations.TOP, text.getBytes(UTF_8));
  }

  private static Realisation trace(String text) {
    return Realisation.parse(TRACE, text.getBytes(UTF_8));
  }

  private static String signed(Realisation realisation) {
    return new String(realisation.printSigned(List.of(OURS)), UTF_8);
  }

  @Test
  void whatNixSignedIsVerified() {
    assertTrue(leaf(LEAF).isSignedBy(TRUSTED));
    assertTrue(top(TOP).isSignedBy(TRUSTED));
    assertFalse(top(TOP).isSignedBy(OUR_KEY));
    assertFalse(top(TOP).isSignedBy(List.of()));
  }

  @Test
  void weSignAsNixDoes() {
    String unsigned = LEAF.replaceFirst("\"signatures\":\\[.*\\]", "\"signatures\":[]");

    assertEquals(LEAF, new String(leaf(unsigned).printSigned(List.of(Realisations.KEY)), UTF_8));
    assertArrayEquals(Realisations.leaf(), leaf(LEAF).printSigned(List.of(Realisations.KEY)));
  }

  @Test
  void anythingThatIsSignedCannotBeChanged() {
    assertFalse(leaf(LEAF.replace("-leaf\"", "-leag\"")).isSignedBy(TRUSTED));
    assertFalse(top(TOP.replace("-top+1\"", "-top+2\"")).isSignedBy(TRUSTED));
    assertFalse(top(TOP.replace("-leaf\"", "-leag\"")).isSignedBy(TRUSTED));
  }

  @Test
  void orderSpaceAndUnknownFieldsAreNotSigned() {
    String spaced =
        "  {\"x\": {\"y\": [1.50, null]},\n"
            + TOP.substring(1, TOP.length() - 1).replace("\":", "\" : ")
            + ", \"z\":true}\n";

    assertTrue(top(spaced).isSignedBy(TRUSTED));
    String printed = signed(top(spaced));
    assertTrue(printed.startsWith("{\"x\":{\"y\":[1.50,null]},\"dependentRealisations\""), printed);
    assertTrue(printed.endsWith(",\"z\":true}"), printed);
  }

  @Test
  void oursComesLastAndOnce() {
    String once = signed(leaf(LEAF));

    assertEquals(2, leaf(once).signatures().size());
    assertEquals("vector-1", leaf(once).signatures().get(0).keyName());
    assertEquals("ours-1", leaf(once).signatures().get(1).keyName());
    assertTrue(leaf(once).isSignedBy(OUR_KEY));
    assertTrue(leaf(once).isSignedBy(TRUSTED));
    assertEquals(once, signed(leaf(once)));
  }

  @Test
  void oneThatDependsOnOthersIsSignedAlsoForClientsThatDoNotReadThem() {
    Realisation signed = top(signed(top(TOP)));
    Realisation asReadLater = top(signed(top(TOP)).replaceFirst("\\{\"sha256:b01f[^}]*\\}", "{}"));

    assertEquals(3, signed.signatures().size());
    assertTrue(signed.isSignedBy(OUR_KEY));
    assertTrue(asReadLater.isSignedBy(OUR_KEY));
    assertEquals(
        "{\"dependentRealisations\":{},\"id\":\"%s\",%s}"
            .formatted(
                "sha256:ef48481bb74007c97376cce0b12da08191614a19535d0372df8c18d11236f285!out",
                OUT_PATH),
        signed.fingerprints().get(1));
  }

  @Test
  void aMissingSignatureOrDependencyIsNone() {
    String id = Realisations.LEAF.subject() + "!out";
    Realisation poor =
        leaf("{\"outPath\":\"9mcgjfhixw7zpmjvffvz6nx6m4fv6dxm-leaf\",\"id\":\"%s\"}".formatted(id));

    assertEquals(List.of(), poor.signatures());
    assertFalse(poor.isSignedBy(TRUSTED));
    assertEquals(leaf(LEAF).fingerprints(), poor.fingerprints());
    assertTrue(leaf(signed(poor)).isSignedBy(OUR_KEY));
  }

  @Test
  void aBuildTraceIsSignedOverItsKeyAndValue() {
    Realisation trace = trace("{" + OUT_PATH + ",\"signatures\":[]}");

    assertEquals(
        List.of(
            "{\"key\":{\"drvPath\":\"%s\",\"outputName\":\"out\"},\"value\":{%s}}"
                .formatted(DRV, OUT_PATH)),
        trace.fingerprints());
    assertTrue(trace(signed(trace)).isSignedBy(OUR_KEY));
  }

  @Test
  void signaturesAreWrittenInTheFormThatTheDocumentHas() {
    String base64 = OURS.sign("x").print().replace("ours-1:", "");
    String text = "\"other-1:" + base64 + "\"";
    String object = "{\"keyName\":\"other-1\",\"sig\":\"" + base64 + "\"}";

    assertTrue(signed(trace("{" + OUT_PATH + "}")).contains("[{\"keyName\":\"ours-1\",\"sig\":\""));
    assertTrue(
        signed(trace("{" + OUT_PATH + ",\"signatures\":[" + object + "]}"))
            .contains("[" + object + ",{\"keyName\":\"ours-1\",\"sig\":\""));
    assertTrue(
        signed(trace("{" + OUT_PATH + ",\"signatures\":[" + text + "]}"))
            .contains("[" + text + ",\"ours-1:"));
    assertEquals(
        trace("{" + OUT_PATH + ",\"signatures\":[" + text + "]}").signatures(),
        trace("{" + OUT_PATH + ",\"signatures\":[" + object + "]}").signatures());
  }

  @Test
  void aDocumentOfAnotherOutputIsRefused() {
    assertThrows(NixFormatException.class, () -> leaf(TOP));
    assertThrows(NixFormatException.class, () -> leaf(LEAF.replace("!out", "!dev")));
    String other = "{" + OUT_PATH + ",\"key\":{\"drvPath\":\"" + DRV + "\",\"outputName\":\"%s\"}}";
    assertTrue(trace(other.formatted("out")).signatures().isEmpty());
    assertThrows(NixFormatException.class, () -> trace(other.formatted("dev")));
    assertThrows(NixFormatException.class, () -> trace("{" + OUT_PATH + ",\"key\":1}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "\"outPath\"",
        "{}",
        "{OUT",
        "{OUT}}",
        "{OUT} x",
        "{OUT,OUT}",
        "{OUT,\"x\":{\"a\":1,\"a\":2}}",
        "{'outPath':1}",
        "{\"outPath\":1}",
        "{\"outPath\":\"/nix/store/s9prprclyq2ydf9xsjpyphdyh6gxqlg5-top\"}",
        "{\"outPath\":\"s9prprclyq2ydf9xsjpyphdyh6gxqlg5-t\\\"op\"}",
        "{OUT,\"signatures\":{}}",
        "{OUT,\"signatures\":[1]}",
        "{OUT,\"signatures\":[null]}",
        "{OUT,\"signatures\":[\"a:b\"]}",
        "{OUT,\"signatures\":[{\"keyName\":\"a\"}]}",
        "{OUT,\"x\":\"\\ud800\"}",
        "\ufeff{OUT}"
      })
  void malformedOnesAreRefusedInOneLine(String text) {
    NixFormatException refusal =
        assertThrows(NixFormatException.class, () -> trace(text.replace("OUT", OUT_PATH)));
    assertEquals(1, refusal.getMessage().lines().count());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "[]", "{\"x\":\"y\"}", "{\"sha256:00!out\":\"y\"}"})
  void malformedDependenciesAreRefused(String dependencies) {
    String text = LEAF.replace("{}", dependencies);
    assertThrows(NixFormatException.class, () -> leaf(text));
  }

  @Test
  void whatIsTooDeepOrTooLongOrNotUtf8IsRefused() {
    String deep = "{" + OUT_PATH + ",\"x\":" + "[".repeat(64) + "]".repeat(64) + "}";
    String allowed = "{" + OUT_PATH + ",\"x\":" + "[".repeat(63) + "]".repeat(63) + "}";
    String big = "{" + OUT_PATH + ",\"x\":\"" + "x".repeat(Realisation.MAX_BYTES) + "\"}";

    assertTrue(trace(allowed).signatures().isEmpty());
    assertThrows(NixFormatException.class, () -> trace(deep));
    assertThrows(NixFormatException.class, () -> trace(big));
    byte[] latin = "{\"x\":\"\u00e4\"}".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThrows(NixFormatException.class, () -> Realisation.parse(TRACE, latin));
    byte[] wide = ("{" + OUT_PATH + "}").getBytes(java.nio.charset.StandardCharsets.UTF_16);
    assertThrows(NixFormatException.class, () -> Realisation.parse(TRACE, wide));
  }
}
