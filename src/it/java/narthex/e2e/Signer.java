package narthex.e2e;

import java.nio.file.Path;
import java.security.SecureRandom;
import narthex.nix.SecretKey;

/**
 * Somebody who signs what he uploads.
 *
 * @param publicKey as a configuration wants it
 * @param secretFile as {@code ?secret-key=} wants it
 */
record Signer(String publicKey, Path secretFile) {
  /** A new one of this name, whose secret lies on the machine of a client. */
  static Signer on(NixClient client, String name) {
    SecretKey key = SecretKey.generate(name, new SecureRandom());
    return new Signer(key.publicKey().print(), client.file(name, key.print()));
  }
}
