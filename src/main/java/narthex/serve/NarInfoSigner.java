package narthex.serve;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import narthex.nix.NarInfo;
import narthex.nix.PublicKey;
import narthex.nix.Realisation;
import narthex.nix.SecretKey;
import narthex.nix.Signature;

/** Adds the signatures of this server's keys to narinfos. Immutable. */
public final class NarInfoSigner {
  private final List<SecretKey> keys;
  private final Set<String> names;
  private final List<PublicKey> uploaders;

  /**
   * Creates a signer. It signs all narinfos from upstreams, and uploads from trusted uploaders.
   *
   * @param keys at least one; several during a key rotation
   * @param uploaders an upload is signed only if one of these keys, or one of the server's, has
   *     signed it; if empty, all uploads are signed
   */
  public NarInfoSigner(List<SecretKey> keys, List<PublicKey> uploaders) {
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("a binary cache signs with at least one key");
    }
    this.keys = List.copyOf(keys);
    this.uploaders =
        uploaders.isEmpty()
            ? List.of()
            : Stream.concat(uploaders.stream(), keys.stream().map(SecretKey::publicKey)).toList();
    this.names =
        keys.stream().map(key -> key.publicKey().name()).collect(Collectors.toUnmodifiableSet());
  }

  /** The public keys, for clients to trust, in the order of the settings. */
  public List<PublicKey> publicKeys() {
    return keys.stream().map(SecretKey::publicKey).toList();
  }

  /** The keys to sign an uploaded realisation with: all if its uploader is trusted, else none. */
  public List<SecretKey> keysFor(Realisation uploaded) {
    return uploaders.isEmpty() || uploaded.isSignedBy(uploaders) ? keys : List.of();
  }

  /** The secret keys, to sign objects other than narinfos. */
  public List<SecretKey> keys() {
    return keys;
  }

  /** Returns an uploaded narinfo, signed if its uploader is trusted, else unchanged. */
  NarInfo signUploaded(NarInfo uploaded) {
    return uploaders.isEmpty() || uploaded.isSignedBy(uploaders) ? sign(uploaded) : uploaded;
  }

  /**
   * Returns the narinfo with the server's signatures last; they replace older ones with the same
   * key names.
   */
  NarInfo sign(NarInfo narInfo) {
    String fingerprint = narInfo.fingerprint();
    List<Signature> signatures = new ArrayList<>();
    for (Signature signature : narInfo.signatures()) {
      if (!names.contains(signature.keyName())) {
        signatures.add(signature);
      }
    }
    for (SecretKey key : keys) {
      signatures.add(key.sign(fingerprint));
    }
    return narInfo.withSignatures(signatures);
  }
}
