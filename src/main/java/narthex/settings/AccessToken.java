package narthex.settings;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import narthex.nix.Sha256;

/**
 * A secret that lets whoever has it do something. Only its SHA-256 is kept, so that nothing can
 * print it.
 *
 * @param digest the SHA-256 of its characters
 */
public record AccessToken(Sha256 digest) {
  /** Shorter ones could be guessed over the network. */
  private static final int MIN_LENGTH = 16;

  /** Headers of a request have 8 KiB altogether in Tomcat. */
  private static final int MAX_LENGTH = 1024;

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
    return new AccessToken(Sha256.hash(text.getBytes(StandardCharsets.US_ASCII)));
  }

  @Override
  public String toString() {
    return "AccessToken[hidden]";
  }
}
