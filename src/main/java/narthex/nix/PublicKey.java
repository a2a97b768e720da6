package narthex.nix;

import java.nio.charset.StandardCharsets;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** A named Ed25519 public key in Nix's text form. Immutable and thread-safe. */
public final class PublicKey {
  private final KeyText text;
  private final Ed25519.PublicPoint point;

  private PublicKey(KeyText text, Ed25519.PublicPoint point) {
    this.text = text;
    this.point = point;
  }

  /**
   * Parses {@code name:base64} with 32 bytes.
   *
   * @throws NixFormatException if the text is anything else or the bytes are not a valid public key
   */
  public static PublicKey parse(String text) {
    return of(KeyText.parse(text, Ed25519.PUBLIC_KEY_SIZE, "public key"));
  }

  static PublicKey of(KeyText text) {
    Ed25519.PublicPoint point = Ed25519.validatePublicKeyFullExport(text.bytes(), 0);
    if (point == null) {
      throw new NixFormatException("not an Ed25519 public key: '" + text.name() + "'");
    }
    return new PublicKey(text, point);
  }

  /** {@code name:base64}. */
  public String print() {
    return text.print();
  }

  /** The name of the key. */
  public String name() {
    return text.name();
  }

  /**
   * Whether the signature is valid for this key and fingerprint; false if the signature names
   * another key.
   */
  public boolean verify(String fingerprint, Signature signature) {
    if (!name().equals(signature.keyName())) {
      return false;
    }
    byte[] message = fingerprint.getBytes(StandardCharsets.UTF_8);
    return Ed25519.verify(signature.rawBytes(), 0, point, message, 0, message.length);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return print();
  }
}
