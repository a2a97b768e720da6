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

/** Signs narinfos with every key of this server, beside the signatures they came with. */
public final class NarInfoSigner {
  private final List<SecretKey> keys;
  private final Set<String> names;
  private final List<PublicKey> uploaders;

  /**
   * Signs what upstreams said, and uploads by the trust of their uploaders.
   *
   * @param keys at least one; several while keys are rotated
   * @param uploaders uploads must be signed by one of these, or by us, to be signed; if there is
   *     none, whoever may upload is trusted
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

  /** The keys that clients are to trust, in the order of the settings. */
  public List<PublicKey> publicKeys() {
    return keys.stream().map(SecretKey::publicKey).toList();
  }

  /** The keys that sign a realisation which was uploaded: all or none. */
  public List<SecretKey> keysFor(Realisation uploaded) {
    return uploaders.isEmpty() || uploaded.isSignedBy(uploaders) ? keys : List.of();
  }

  /** The keys themselves, for what is signed beside narinfos. */
  public List<SecretKey> keys() {
    return keys;
  }

  /** An uploaded narinfo, signed if its uploader is trusted, else as it came. */
  NarInfo signUploaded(NarInfo uploaded) {
    return uploaders.isEmpty() || uploaded.isSignedBy(uploaders) ? sign(uploaded) : uploaded;
  }

  /** The narinfo with our signatures last; older ones under our names are replaced. */
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
