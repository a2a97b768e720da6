package narthex.web;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The choice between zstd and no content coding (RFC 9110, 12.5.3). */
final class AcceptEncoding {
  private static final double UNNAMED = -1;

  private AcceptEncoding() {}

  /**
   * Returns whether the header names zstd with a weight of more than 0 and at least that of
   * identity.
   *
   * <p>If the header doesn't name identity, its weight is that of {@code *}, else 0: identity is
   * acceptable then, but any named coding is preferred.
   */
  static boolean prefersZstd(@Nullable String header) {
    if (header == null) {
      return false;
    }
    double zstd = UNNAMED;
    double identity = UNNAMED;
    double any = UNNAMED;
    for (String element : header.split(",", -1)) {
      String[] parts = element.split(";", -1);
      double weight = weight(parts);
      switch (parts[0].trim().toLowerCase(Locale.ROOT)) {
        case "zstd" -> zstd = weight;
        case "identity" -> identity = weight;
        case "*" -> any = weight;
        default -> {}
      }
    }
    double zstdWeight = zstd == UNNAMED ? Math.max(any, 0) : zstd;
    double identityWeight = identity == UNNAMED ? Math.max(any, 0) : identity;
    return zstd != UNNAMED && zstdWeight > 0 && zstdWeight >= identityWeight;
  }

  private static double weight(String[] parts) {
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].trim().toLowerCase(Locale.ROOT);
      if (parameter.startsWith("q=")) {
        try {
          double weight = Double.parseDouble(parameter.substring(2).trim());
          return weight >= 0 && weight <= 1 ? weight : 0;
        } catch (NumberFormatException malformed) {
          return 0;
        }
      }
    }
    return 1;
  }
}
