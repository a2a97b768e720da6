package narthex.e2e;

import java.nio.file.Path;
import java.security.SecureRandom;
import narthex.nix.SecretKey;

/**
 * A key for signing uploads.
 *
 * @param publicKey the public key in the form for a client's configuration
 * @param secretFile the file for {@code ?secret-key=}
 */
record Signer(String publicKey, Path secretFile) {
  /** Creates a key of this name on a client's machine. */
  static Signer on(NixClient client, String name) {
    SecretKey key = SecretKey.generate(name, new SecureRandom());
    return new Signer(key.publicKey().print(), client.file(name, key.print()));
  }
}
