package narthex.nix;

/** An Ed25519 signature and the name of the key that made it. Immutable. */
public final class Signature {
  /** Length of an Ed25519 signature. */
  static final int BYTES = 64;

  private final KeyText text;

  Signature(KeyText text) {
    this.text = text;
  }

  /**
   * Parses {@code name:base64} with 64 bytes, the form of a narinfo's {@code Sig} field. Like Nix,
   * accepts missing padding and ignores everything after the padding.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static Signature parse(String text) {
    int padding = text.indexOf('=', text.indexOf(':') + 1);
    String bare = padding < 0 ? text : text.substring(0, padding);
    return new Signature(KeyText.parse(bare, BYTES, "signature"));
  }

  /** {@code name:base64}. */
  public String print() {
    return text.print();
  }

  /** The name of the key that made the signature. */
  public String keyName() {
    return text.name();
  }

  /** The 64 bytes, not copied; callers must not change them. */
  byte[] rawBytes() {
    return text.bytes();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Signature that && text.equals(that.text);
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
