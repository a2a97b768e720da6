package narthex.nix;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/**
 * Realisations that Nix 2.8.0 has built, signed and copied ({@code nix copy --to file:///…} of a
 * content-addressed derivation that depends on another one), and the key that signed them.
 */
public final class Realisations {
  /** The key in Nix's {@code secret-key-files}; generated for these tests only. */
  public static final SecretKey KEY =
      SecretKey.parse(
          "vector-1:hasR9S7xkZ/K95rRHTO7PJZrCCeO9/GZiYZJ1ppOgtyQqlHdNeL8Qt+d7xAYv1EBfDpifK0R/yT/Vt2yataVDg==");

  /** The name of the realisation without dependencies. */
  public static final DocumentName LEAF =
      DocumentName.parse(
          "realisations/"
              + "sha256:b01f465eb49dd9edd044fd1d8388b8067655f9572dd606b4afe17f19b4f0c96a!out.doi");

  /** The name of the realisation that depends on {@link #LEAF}. */
  public static final DocumentName TOP =
      DocumentName.parse(
          "realisations/"
              + "sha256:ef48481bb74007c97376cce0b12da08191614a19535d0372df8c18d11236f285!out.doi");

  private Realisations() {}

  /** The document that Nix wrote for {@link #LEAF}. */
  public static byte[] leaf() {
    return resource("realisation.json");
  }

  /** The document that Nix wrote for {@link #TOP}. */
  public static byte[] top() {
    return resource("realisation-with-dependency.json");
  }

  private static byte[] resource(String name) {
    try (InputStream in =
        Objects.requireNonNull(Realisations.class.getResourceAsStream(name), name)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
