package narthex.web;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the token in an {@code Authorization} header: {@code Bearer} (RFC 6750), or the password of
 * {@code Basic} (RFC 7617) with any user name, since Nix supports only {@code Basic}.
 */
final class PresentedToken {
  private PresentedToken() {}

  /** Returns the token if it came as {@code Bearer}, which no browser sends by itself. */
  static Optional<String> findBearer(@Nullable String authorization) {
    return authorization != null
            && authorization.strip().toLowerCase(Locale.ROOT).startsWith("bearer ")
        ? find(authorization)
        : Optional.empty();
  }

  /** Returns the token; empty if the header is missing, malformed or of another scheme. */
  static Optional<String> find(@Nullable String authorization) {
    if (authorization == null) {
      return Optional.empty();
    }
    String header = authorization.strip();
    int space = header.indexOf(' ');
    if (space < 0) {
      return Optional.empty();
    }
    String credentials = header.substring(space + 1).strip();
    return switch (header.substring(0, space).toLowerCase(Locale.ROOT)) {
      case "bearer" -> Optional.of(credentials);
      case "basic" -> password(credentials);
      default -> Optional.empty();
    };
  }

  private static Optional<String> password(String base64) {
    byte[] decoded;
    try {
      decoded = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
    String userAndPassword = new String(decoded, StandardCharsets.UTF_8);
    int colon = userAndPassword.indexOf(':');
    return colon < 0 ? Optional.empty() : Optional.of(userAndPassword.substring(colon + 1));
  }
}
