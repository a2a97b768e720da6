package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.SecureRandom;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.nix.Signature;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;

class NarInfoSignerTest {
  private final SecretKey theirs = key("upstream-1");
  private final SecretKey old = key("narthex-1");
  private final SecretKey fresh = key("narthex-2");
  private final NarInfo upstream =
      NarFixture.random(1, 10, Compression.XZ).narInfo("nar/x.nar.xz", theirs);

  @Test
  void ourSignatureComesBesideThoseItCameWith() {
    NarInfo signed = new NarInfoSigner(List.of(old), List.of()).sign(upstream);

    assertEquals(List.of("upstream-1", "narthex-1"), signers(signed));
    assertSignedBy(theirs.publicKey(), signed);
    assertSignedBy(old.publicKey(), signed);
    assertEquals(upstream, signed.withSignatures(upstream.signatures()));
  }

  @Test
  void whileKeysAreRotatedBothSign() {
    NarInfoSigner signer = new NarInfoSigner(List.of(old, fresh), List.of());

    NarInfo signed = signer.sign(upstream);

    assertEquals(List.of("upstream-1", "narthex-1", "narthex-2"), signers(signed));
    assertSignedBy(old.publicKey(), signed);
    assertSignedBy(fresh.publicKey(), signed);
    assertEquals(
        List.of(old.publicKey().print(), fresh.publicKey().print()),
        signer.publicKeys().stream().map(PublicKey::print).toList());
  }

  @Test
  void signaturesUnderOurNamesAreReplacedAndNotDoubled() {
    NarInfoSigner signer = new NarInfoSigner(List.of(old, fresh), List.of());

    NarInfo twice = signer.sign(signer.sign(upstream));

    assertEquals(List.of("upstream-1", "narthex-1", "narthex-2"), signers(twice));
  }

  @Test
  void anotherKeyUnderOurNameNeverSurvives() {
    SecretKey lost = key("narthex-1");

    NarInfo signed =
        new NarInfoSigner(List.of(old), List.of())
            .sign(new NarInfoSigner(List.of(lost), List.of()).sign(upstream));

    assertEquals(List.of("upstream-1", "narthex-1"), signers(signed));
    assertSignedBy(old.publicKey(), signed);
  }

  @Test
  void afterTheRotationTheOldKeysSignaturesStayAsSomebodyElses() {
    NarInfo before = new NarInfoSigner(List.of(old), List.of()).sign(upstream);

    NarInfo after = new NarInfoSigner(List.of(fresh), List.of()).sign(before);

    assertEquals(List.of("upstream-1", "narthex-1", "narthex-2"), signers(after));
  }

  @Test
  void aSignerHasAKey() {
    assertThrows(IllegalArgumentException.class, () -> new NarInfoSigner(List.of(), List.of()));
  }

  private static SecretKey key(String name) {
    return SecretKey.generate(name, new SecureRandom());
  }

  private static List<String> signers(NarInfo narInfo) {
    return narInfo.signatures().stream().map(Signature::keyName).toList();
  }

  private static void assertSignedBy(PublicKey key, NarInfo narInfo) {
    assertTrue(
        narInfo.signatures().stream()
            .filter(signature -> signature.keyName().equals(key.name()))
            .allMatch(signature -> key.verify(narInfo.fingerprint(), signature)),
        key.name());
    assertTrue(signers(narInfo).contains(key.name()));
  }

  @Test
  void anUploadIsSignedOnlyWhereATrustedKeySignedIt() {
    SecretKey uploader = SecretKey.generate("uploader-1", new SecureRandom());
    NarInfoSigner open = new NarInfoSigner(List.of(old), List.of());
    NarInfoSigner choosy = new NarInfoSigner(List.of(old), List.of(uploader.publicKey()));
    List<PublicKey> ours = List.of(old.publicKey());

    assertTrue(open.signUploaded(upstream).isSignedBy(ours));
    assertEquals(upstream, choosy.signUploaded(upstream));
    NarInfo trusted = upstream.withSignatures(List.of(uploader.sign(upstream.fingerprint())));
    assertTrue(choosy.signUploaded(trusted).isSignedBy(ours));
    assertTrue(choosy.signUploaded(open.sign(upstream)).isSignedBy(ours));
  }
}
