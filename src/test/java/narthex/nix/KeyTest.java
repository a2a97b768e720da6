package narthex.nix;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyTest {
  private final SecretKey secretKey = SecretKey.parse(NarInfoTexts.SECRET_KEY);

  @ParameterizedTest
  @ValueSource(strings = {NarInfoTexts.VECTOR, NarInfoTexts.DEPENDENCY})
  void weSignExactlyAsNixDoes(String signedByNix) {
    NarInfo narInfo = NarInfo.parse(signedByNix);

    Signature signature = secretKey.sign(narInfo.fingerprint());

    assertEquals(narInfo.signatures(), List.of(signature));
    assertEquals(signedByNix, narInfo.withSignatures(List.of(signature)).print());
  }

  @ParameterizedTest
  @ValueSource(strings = {NarInfoTexts.VECTOR, NarInfoTexts.DEPENDENCY})
  void weVerifyWhatNixSigned(String signedByNix) {
    NarInfo narInfo = NarInfo.parse(signedByNix);
    PublicKey key = PublicKey.parse(NarInfoTexts.PUBLIC_KEY);

    assertTrue(key.verify(narInfo.fingerprint(), narInfo.signatures().get(0)));
    assertFalse(key.verify(narInfo.fingerprint() + " ", narInfo.signatures().get(0)));
  }

  @Test
  void weVerifyWhatTheOfficialCacheSigned() {
    NarInfo narInfo = NarInfo.parse(NarInfoTexts.CURL);
    PublicKey key = PublicKey.parse(NarInfoTexts.NIXOS_PUBLIC_KEY);

    assertTrue(key.verify(narInfo.fingerprint(), narInfo.signatures().get(0)));
    assertFalse(key.verify(narInfo.fingerprint(), narInfo.signatures().get(1)));
  }

  @Test
  void aSignatureUnderAnotherNameIsNotOurs() {
    Signature signature = secretKey.sign("text");
    String renamed = signature.print().replace("narthex-test-1", "narthex-test-2");

    assertTrue(secretKey.publicKey().verify("text", signature));
    assertFalse(secretKey.publicKey().verify("text", Signature.parse(renamed)));
  }

  @Test
  void aSignatureWithAnyFlippedBitIsRefused() {
    Signature signature = secretKey.sign("text");
    byte[] bytes = Base64.getDecoder().decode(signature.print().split(":", 2)[1]);

    for (int bit = 0; bit < bytes.length * 8; bit++) {
      byte[] flipped = bytes.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Signature wrong = Signature.parse(new KeyText(signature.keyName(), flipped).print());
      assertFalse(secretKey.publicKey().verify("text", wrong), "bit " + bit);
    }
  }

  @Test
  void keysAndSignaturesArePrintedAsTheyWereParsed() {
    Signature signature = secretKey.sign("text");

    assertEquals(NarInfoTexts.SECRET_KEY, secretKey.print());
    assertEquals(NarInfoTexts.PUBLIC_KEY, secretKey.publicKey().print());
    assertEquals(PublicKey.parse(NarInfoTexts.PUBLIC_KEY), secretKey.publicKey());
    assertEquals("narthex-test-1", secretKey.publicKey().name());
    assertEquals(signature, Signature.parse(signature.print()));
    assertEquals("narthex-test-1", signature.keyName());
  }

  @Test
  void aGeneratedKeySignsAndCanBeKept() {
    SecretKey generated = SecretKey.generate("host-1", new SecureRandom());
    SecretKey kept = SecretKey.parse(generated.print());

    assertEquals(generated.sign("text"), kept.sign("text"));
    assertTrue(generated.publicKey().verify("text", kept.sign("text")));
    assertNotEquals(
        generated.publicKey(), SecretKey.generate("host-1", new SecureRandom()).publicKey());
  }

  @Test
  void onlyPrintShowsTheSecret() {
    assertEquals("SecretKey[narthex-test-1]", secretKey.toString());
  }

  @Test
  void theMessageAboutABadSecretKeyDoesNotShowIt() {
    String base64 = NarInfoTexts.SECRET_KEY.substring("narthex-test-1:".length());
    String swapped = base64.substring(0, 60) + "AAAA" + base64.substring(64);
    for (String text :
        new String[] {base64, "n:" + base64 + "!", "n:" + base64.substring(4), "n:" + swapped}) {
      NixFormatException refused =
          assertThrows(NixFormatException.class, () -> SecretKey.parse(text));

      assertFalse(refused.getMessage().contains(base64.substring(10, 30)), refused.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "name",
        "name:",
        "name:AAAA",
        ":GsDFY+OHfXTFd67LZ4CIToRU8LXf1XcNoJO54tc/XEU=",
        "a b:GsDFY+OHfXTFd67LZ4CIToRU8LXf1XcNoJO54tc/XEU=",
        "a\n:GsDFY+OHfXTFd67LZ4CIToRU8LXf1XcNoJO54tc/XEU=",
        "name: GsDFY+OHfXTFd67LZ4CIToRU8LXf1XcNoJO54tc/XEU=",
        "name:AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "name:AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
      })
  void whatIsNoPublicKeyIsRefused(String text) {
    assertThrows(NixFormatException.class, () -> PublicKey.parse(text));
    assertThrows(NixFormatException.class, () -> Signature.parse(text));
    assertThrows(NixFormatException.class, () -> SecretKey.parse(text));
  }
}
