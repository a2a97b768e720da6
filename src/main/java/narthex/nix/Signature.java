package narthex.nix;

import java.util.Arrays;

/** An Ed25519 signature and the name of the key that made it. Immutable. */
public final class Signature {
  /** Length of an Ed25519 signature. */
  static final int BYTES = 64;

  private final String keyName;
  private final byte[] bytes;

  /** Takes the array over; the caller must not keep it. */
  Signature(String keyName, byte[] bytes) {
    this.keyName = keyName;
    this.bytes = bytes;
  }

  /**
   * Parses {@code name:base64} with 64 bytes, as the {@code Sig} field of a narinfo has it.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static Signature parse(String text) {
    KeyText parsed = KeyText.parse(text, BYTES, "signature");
    return new Signature(parsed.name(), parsed.bytes());
  }

  /** {@code name:base64}. */
  public String print() {
    return KeyText.print(keyName, bytes);
  }

  /** The name of the key, by which a reader finds the public key to verify with. */
  public String keyName() {
    return keyName;
  }

  /** The 64 bytes themselves, for verifying; never changed, never given out of this package. */
  byte[] rawBytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Signature that
        && keyName.equals(that.keyName)
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return 31 * keyName.hashCode() + Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return print();
  }
}
