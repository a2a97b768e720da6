package narthex.nix;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A named Ed25519 secret key in the form of {@code nix-store --generate-binary-cache-key}: the 32
 * bytes of the seed, then the 32 of the public key. Immutable, safe for use by several threads.
 * Only {@link #print()} shows the secret.
 */
public final class SecretKey {
  private static final int BYTES = Ed25519.SECRET_KEY_SIZE + Ed25519.PUBLIC_KEY_SIZE;

  private final byte[] bytes;
  private final PublicKey publicKey;

  private SecretKey(byte[] bytes, PublicKey publicKey) {
    this.bytes = bytes;
    this.publicKey = publicKey;
  }

  /**
   * Parses {@code name:base64} with 64 bytes.
   *
   * @throws NixFormatException if the text is anything else, or the halves do not belong together;
   *     the message never shows the secret
   */
  public static SecretKey parse(String text) {
    KeyText parsed = KeyText.parse(text, BYTES, "secret key");
    SecretKey key = ofSeed(parsed.name(), parsed.bytes());
    if (!MessageDigest.isEqual(key.bytes, parsed.bytes())) {
      throw new NixFormatException(
          "a secret key whose public half is not its own: '" + parsed.name() + "'");
    }
    return key;
  }

  /**
   * Makes a new key.
   *
   * @throws NixFormatException if the name is empty or has white space, a colon or anything but
   *     printable ASCII
   */
  public static SecretKey generate(String name, SecureRandom random) {
    KeyText.checkName(name, "secret key");
    byte[] seed = new byte[Ed25519.SECRET_KEY_SIZE];
    random.nextBytes(seed);
    return ofSeed(name, seed);
  }

  /** {@code name:base64}: the secret itself, for the key file only. */
  public String print() {
    return new KeyText(publicKey.name(), bytes).print();
  }

  /** The public half, under the same name. */
  public PublicKey publicKey() {
    return publicKey;
  }

  /** Signs a fingerprint; the same text gives the same signature always. */
  public Signature sign(String fingerprint) {
    byte[] message = fingerprint.getBytes(StandardCharsets.UTF_8);
    byte[] signature = new byte[Signature.BYTES];
    Ed25519.sign(
        bytes, 0, bytes, Ed25519.SECRET_KEY_SIZE, message, 0, message.length, signature, 0);
    return new Signature(new KeyText(publicKey.name(), signature));
  }

  /** Names the key and hides the secret. */
  @Override
  public String toString() {
    return "SecretKey[" + publicKey.name() + "]";
  }

  /** The key whose seed is the first 32 of these bytes. */
  private static SecretKey ofSeed(String name, byte[] seed) {
    byte[] bytes = Arrays.copyOf(Arrays.copyOf(seed, Ed25519.SECRET_KEY_SIZE), BYTES);
    byte[] publicBytes = new byte[Ed25519.PUBLIC_KEY_SIZE];
    Ed25519.generatePublicKey(bytes, 0, publicBytes, 0);
    System.arraycopy(publicBytes, 0, bytes, Ed25519.SECRET_KEY_SIZE, publicBytes.length);
    return new SecretKey(bytes, PublicKey.of(new KeyText(name, publicBytes)));
  }
}
