package narthex.settings;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import narthex.nix.Sha256;

/**
 * A bearer secret that grants access. Holds only the SHA-256 of the token, so the token can't leak
 * into a log or message. Immutable.
 *
 * @param digest the SHA-256 of the token's ASCII characters
 */
public record AccessToken(Sha256 digest) {
  /** Shorter tokens could be guessed over the network. */
  private static final int MIN_LENGTH = 16;

  /** By default, Tomcat limits all headers of a request to 8 KiB. */
  private static final int MAX_LENGTH = 1024;

  /**
   * Parses a token as the administrator wrote it.
   *
   * @throws IllegalArgumentException if the token is shorter than 16 or longer than 1024
   *     characters, or has a character other than visible ASCII, which a header can't carry; the
   *     message doesn't contain the token
   */
  public static AccessToken parse(String text) {
    if (text.length() < MIN_LENGTH || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "a token has %d to %d characters", MIN_LENGTH, MAX_LENGTH));
    }
    if (!text.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IllegalArgumentException("a token has visible ASCII characters only");
    }
    return new AccessToken(Sha256.hash(text.getBytes(StandardCharsets.US_ASCII)));
  }

  @Override
  public String toString() {
    return "AccessToken[hidden]";
  }
}
