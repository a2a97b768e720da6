package narthex.standalone;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.Arrays;
import java.util.Base64;

/**
 * A secret key in the format of Nix, which signs what is uploaded, with the JDK alone: the launcher
 * has no Bouncy Castle. Thread-safe.
 */
final class UploadKey {
  private static final int SEED_BYTES = 32;
  private static final int BYTES = 64;

  private final String name;
  private final PrivateKey key;

  private UploadKey(String name, PrivateKey key) {
    this.name = name;
    this.key = key;
  }

  /**
   * Reads a key file.
   *
   * @throws IOException if it can't be read, or has no key; the message doesn't reveal it
   */
  static UploadKey read(Path file) throws IOException {
    String text;
    try {
      text = Files.readString(file).strip();
    } catch (IOException e) {
      throw new IOException("--sign-key: " + file + " cannot be read", e);
    }
    int colon = text.indexOf(':');
    try {
      byte[] bytes = Base64.getDecoder().decode(text.substring(colon + 1));
      if (colon < 1 || bytes.length != BYTES) {
        throw new IllegalArgumentException("another length");
      }
      byte[] seed = Arrays.copyOf(bytes, SEED_BYTES);
      return new UploadKey(
          text.substring(0, colon),
          KeyFactory.getInstance("Ed25519")
              .generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed)));
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      throw new IOException("--sign-key: " + file + " has no secret key in Nix's format", e);
    }
  }

  /** Signs a fingerprint; returns {@code name:base64}. */
  String sign(String fingerprint) throws IOException {
    try {
      Signature signature = Signature.getInstance("Ed25519");
      signature.initSign(key);
      signature.update(fingerprint.getBytes(StandardCharsets.UTF_8));
      return name + ":" + Base64.getEncoder().encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot sign with " + name, e);
    }
  }
}
