package narthex.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Locale;
import narthex.nix.Sha256;

/**
 * A secret that proves a {@link Scope}. Only its SHA-256 is kept, so that comparing takes the same
 * time whatever is presented, and nothing can print it. Immutable.
 */
public final class AccessToken {
  /** Shorter ones could be guessed over the network. */
  private static final int MIN_LENGTH = 16;

  /** Headers of a request have 8 KiB altogether in Tomcat. */
  private static final int MAX_LENGTH = 1024;

  private final byte[] digest;

  private AccessToken(byte[] digest) {
    this.digest = digest;
  }

  /**
   * Takes a token as an administrator wrote it.
   *
   * @throws IllegalArgumentException if it has not 16 to 1024 characters, or one that is not
   *     visible ASCII and so cannot stand in a header; the message does not show it
   */
  public static AccessToken parse(String text) {
    if (text.length() < MIN_LENGTH || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "a token has %d to %d characters", MIN_LENGTH, MAX_LENGTH));
    }
    if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("a token has visible ASCII characters only");
    }
    return new AccessToken(digest(text));
  }

  /** The digest that {@link #matches} compares with. */
  static byte[] digest(String presented) {
    return Sha256.newDigest().digest(presented.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns whether this is the token whose digest was presented, in constant time. */
  boolean matches(byte[] presentedDigest) {
    return MessageDigest.isEqual(digest, presentedDigest);
  }

  @Override
  public String toString() {
    return "AccessToken[hidden]";
  }
}
