package narthex.nix;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** A SHA-256 hash. Immutable; sorted by its bytes as unsigned numbers. */
public final class Sha256 implements Comparable<Sha256> {
  /** Length of the hash in bytes. */
  public static final int BYTES = 32;

  private static final int NIX32_LENGTH = 52;
  private static final int BASE16_LENGTH = 64;
  private static final int BASE64_LENGTH = 44;
  private static final String PREFIX = "sha256";

  private final byte[] bytes;

  private Sha256(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Wraps a copy of the 32 bytes of a hash.
   *
   * @throws NixFormatException if the array has another length
   */
  public static Sha256 of(byte[] bytes) {
    return owned(bytes.clone());
  }

  /** Hashes the data. */
  public static Sha256 hash(byte[] data) {
    return owned(newDigest().digest(data));
  }

  /** A new SHA-256 digest, for data that comes piece by piece. */
  public static MessageDigest newDigest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Parses 52 nix32 characters without a prefix.
   *
   * @throws NixFormatException if the text is anything else
   */
  public static Sha256 parseNix32(String text) {
    if (text.length() != NIX32_LENGTH) {
      throw new NixFormatException("not a nix32 SHA-256: '" + text + "'");
    }
    return owned(Nix32.decode(text));
  }

  /**
   * Parses {@code sha256:} followed by nix32, base16 or base64, or the SRI form {@code sha256-}
   * followed by base64.
   *
   * @throws NixFormatException if the text is anything else, for example a hash of another
   *     algorithm
   */
  public static Sha256 parse(String text) {
    int from = PREFIX.length() + 1;
    int length = text.length() - from;
    if (length > 0 && text.startsWith(PREFIX)) {
      char separator = text.charAt(from - 1);
      if (separator == ':' && length == NIX32_LENGTH) {
        return owned(Nix32.decode(text, from, text.length()));
      }
      if (separator == ':' && length == BASE16_LENGTH) {
        return parseBase16(text.substring(from));
      }
      if ((separator == ':' || separator == '-') && length == BASE64_LENGTH) {
        return owned(KeyText.parseBase64(text.substring(from), BYTES, "SHA-256"));
      }
    }
    throw new NixFormatException("not a SHA-256: '" + text + "'");
  }

  /** The 52 nix32 characters. */
  public String nix32() {
    return Nix32.encode(bytes);
  }

  /** The 64 lower-case hexadecimal digits. */
  public String base16() {
    return HexFormat.of().formatHex(bytes);
  }

  /** A copy of the 32 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public int compareTo(Sha256 other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sha256 that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return bytes[0] << 24 | (bytes[1] & 0xFF) << 16 | (bytes[2] & 0xFF) << 8 | (bytes[3] & 0xFF);
  }

  /** {@code sha256:<nix32>}, the form in a narinfo. */
  @Override
  public String toString() {
    return PREFIX + ":" + nix32();
  }

  private static Sha256 owned(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new NixFormatException("a SHA-256 has 32 bytes, not " + bytes.length);
    }
    return new Sha256(bytes);
  }

  private static Sha256 parseBase16(String digits) {
    try {
      return owned(HexFormat.of().parseHex(digits));
    } catch (NixFormatException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      throw new NixFormatException("not a base16 SHA-256: '" + digits + "'");
    }
  }
}
