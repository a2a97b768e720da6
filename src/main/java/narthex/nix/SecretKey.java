package narthex.nix;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/**
 * A named Ed25519 secret key in the format of {@code nix-store --generate-binary-cache-key}: the
 * seed of 32 bytes, then the public key of 32 bytes. Immutable and thread-safe. Only {@link
 * #print()} reveals the secret.
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
   * @throws NixFormatException if the text is anything else or the public key doesn't belong to the
   *     seed; the message never reveals the secret
   */
  public static SecretKey parse(String text) {
    KeyText parsed = KeyText.parse(text, BYTES, "secret key");
    SecretKey key = ofSeed(parsed.name(), parsed.bytes());
    if (!MessageDigest.isEqual(key.bytes, parsed.bytes())) {
      throw new NixFormatException(
          "not a secret key: the public half doesn't match: '" + parsed.name() + "'");
    }
    return key;
  }

  /**
   * Generates a new key.
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

  /** {@code name:base64}. Reveals the secret: for the key file only. */
  public String print() {
    return new KeyText(publicKey.name(), bytes).print();
  }

  /** The public key; it has the same name. */
  public PublicKey publicKey() {
    return publicKey;
  }

  /** Signs a fingerprint. The same fingerprint always gives the same signature. */
  public Signature sign(String fingerprint) {
    byte[] message = fingerprint.getBytes(StandardCharsets.UTF_8);
    byte[] signature = new byte[Signature.BYTES];
    Ed25519.sign(
        bytes, 0, bytes, Ed25519.SECRET_KEY_SIZE, message, 0, message.length, signature, 0);
    return new Signature(new KeyText(publicKey.name(), signature));
  }

  /** Shows the key's name, never the secret. */
  @Override
  public String toString() {
    return "SecretKey[" + publicKey.name() + "]";
  }

  /** Makes a key from the first 32 bytes of an array. */
  private static SecretKey ofSeed(String name, byte[] seed) {
    byte[] bytes = Arrays.copyOf(Arrays.copyOf(seed, Ed25519.SECRET_KEY_SIZE), BYTES);
    byte[] publicBytes = new byte[Ed25519.PUBLIC_KEY_SIZE];
    Ed25519.generatePublicKey(bytes, 0, publicBytes, 0);
    System.arraycopy(publicBytes, 0, bytes, Ed25519.SECRET_KEY_SIZE, publicBytes.length);
    return new SecretKey(bytes, PublicKey.of(new KeyText(name, publicBytes)));
  }
}
