package narthex.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.DocumentName;
import narthex.nix.NixFormatException;
import narthex.nix.PublicKey;
import narthex.nix.Realisation;
import narthex.upstream.Upstreams;

/**
 * Takes in documents that clients put here. The last one of a name counts. Thread-safe; the same
 * may come twice, also at once.
 */
public final class DocumentUpload {
  /** Longest document of the kinds that are small: they are parsed as a whole. */
  private static final long MAX_SMALL_BYTES = Realisation.MAX_BYTES;

  /**
   * Which documents are taken.
   *
   * @param maxBytes how many bytes one may have, decoded
   * @param trust whether realisations must be signed; other documents cannot be
   * @param trustedKeys by one of these, then
   */
  public record Policy(long maxBytes, NarInfoUpload.Trust trust, List<PublicKey> trustedKeys) {
    /** Copies the list. */
    public Policy {
      trustedKeys = List.copyOf(trustedKeys);
    }
  }

  private final Policy policy;
  private final DocumentIngest ingest;
  private final Upstreams upstreams;

  /**
   * @param upstreams forget that they lacked a document
   */
  public DocumentUpload(Policy policy, DocumentIngest ingest, Upstreams upstreams) {
    this.policy = policy;
    this.ingest = ingest;
    this.upstreams = upstreams;
  }

  /** How many bytes a document of this name may have, decoded. */
  public long maxBytes(DocumentName name) {
    return maxBytes(name, policy.maxBytes());
  }

  /** The bound of a name where documents in general are bounded so. */
  static long maxBytes(DocumentName name, long general) {
    return switch (name.kind()) {
      case LISTING, NAR_LISTING, LOG -> general;
      case DEBUG_INFO, REALISATION, BUILD_TRACE -> Math.min(general, MAX_SMALL_BYTES);
    };
  }

  /**
   * Stores a document, in place of one of the same name.
   *
   * @param body bounded by {@link #maxBytes}, read to its end; stays open
   * @return whether there was none of this name before
   * @throws narthex.nix.NixFormatException if it is malformed or speaks of something else than its
   *     name; nothing is changed then
   * @throws UploadRefusedException if it lacks a signature; nothing is changed then
   * @throws IOException if the body breaks off, or cannot be stored just now
   */
  public Stored store(DocumentName name, InputStream body) throws IOException {
    Stored stored = ingest.replace(name, body, check(name));
    upstreams.forgetAbsence(name);
    return stored;
  }

  private DocumentIngest.Check check(DocumentName name) {
    return switch (name.kind()) {
      case NAR_LISTING -> throw new NixFormatException(name + " is made here alone");
      case LISTING, LOG, DEBUG_INFO -> DocumentIngest.usualCheck(name);
      case REALISATION, BUILD_TRACE -> bytes -> requireTrusted(name, bytes.readAllBytes());
    };
  }

  private void requireTrusted(DocumentName name, byte[] bytes) throws UploadRefusedException {
    Realisation realisation = Realisation.parse(name, bytes);
    if (policy.trust() == NarInfoUpload.Trust.SIGNED
        && !realisation.isSignedBy(policy.trustedKeys())) {
      throw new UploadRefusedException(
          Reason.NOT_TRUSTED, "no trusted key signed %s".formatted(name));
    }
  }
}
