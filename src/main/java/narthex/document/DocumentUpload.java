package narthex.document;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.Stored;
import narthex.ingest.UploadRefusedException;
import narthex.ingest.UploadRefusedException.Reason;
import narthex.nix.DocumentName;
import narthex.nix.NixFormatException;
import narthex.nix.PublicKey;
import narthex.nix.Realisation;
import narthex.stream.DecoderShare;
import narthex.upstream.Upstreams;

/**
 * Stores documents that clients upload. An existing document of the same name stays unless the
 * caller asks to replace it. Thread-safe, also for concurrent uploads of the same document.
 */
public final class DocumentUpload {
  /** Maximum size of the small kinds of documents, in bytes: these are parsed in memory. */
  private static final long MAX_SMALL_BYTES = Realisation.MAX_BYTES;

  /**
   * Which documents are accepted.
   *
   * @param maxBytes maximum decoded size of a document, in bytes
   * @param trust whether realisations must be signed; other documents carry no signatures
   * @param trustedKeys the keys that count as signers of realisations
   */
  public record Policy(long maxBytes, NarInfoUpload.Trust trust, List<PublicKey> trustedKeys) {
    /** Copies {@code trustedKeys}. */
    public Policy {
      trustedKeys = List.copyOf(trustedKeys);
    }
  }

  private final Policy policy;
  private final DocumentIngest ingest;
  private final Upstreams upstreams;
  private final DecoderShare decoders;

  /**
   * @param upstreams their remembered absence of a document is cleared by an upload
   * @param decoders decoder memory for comparing an upload with the stored document
   */
  public DocumentUpload(
      Policy policy, DocumentIngest ingest, Upstreams upstreams, DecoderShare decoders) {
    this.decoders = decoders;
    this.policy = policy;
    this.ingest = ingest;
    this.upstreams = upstreams;
  }

  /** Returns the maximum decoded size of a document of this name, in bytes. */
  public long maxBytes(DocumentName name) {
    return maxBytes(name, policy.maxBytes());
  }

  /** Returns the maximum decoded size for this name, given the general limit. */
  static long maxBytes(DocumentName name, long general) {
    return switch (name.kind()) {
      case LISTING, NAR_LISTING, LOG -> general;
      case DEBUG_INFO, REALISATION, BUILD_TRACE -> Math.min(general, MAX_SMALL_BYTES);
    };
  }

  /** What happens to an existing document of the same name. */
  public enum Existing {
    /** It stays. */
    KEPT,
    /** The new document replaces it. */
    REPLACED
  }

  /**
   * Stores a document.
   *
   * @param body bounded by {@link #maxBytes}, read to its end; stays open
   * @param existing what happens to an existing document of the same name
   * @return whether the name is new
   * @throws narthex.nix.NixFormatException if it is malformed or does not match its name; nothing
   *     is changed then
   * @throws UploadRefusedException if it lacks a signature, or conflicts with the existing
   *     document; nothing is changed then
   * @throws IOException if the body breaks off, or storing it fails
   */
  public Stored store(DocumentName name, InputStream body, Existing existing) throws IOException {
    Stored stored =
        existing == Existing.REPLACED ? ingest.replace(name, body, check(name)) : offer(name, body);
    upstreams.forgetAbsence(name);
    return stored;
  }

  private Stored offer(DocumentName name, InputStream body) throws IOException {
    AtomicReference<Realisation> read = new AtomicReference<>();
    DocumentIngest.Check check = check(name);
    if (isRealisation(name)) {
      check =
          bytes -> {
            byte[] all = bytes.readAllBytes();
            check(name).read(new ByteArrayInputStream(all));
            read.set(Realisation.parse(name, all));
          };
    }
    DocumentIngest.Offer offer = ingest.offer(name, body, check);
    if (offer.stored() == offer.offered()) {
      return Stored.NEW;
    }
    Realisation offered = read.get();
    boolean same =
        offered == null
            ? offer.stored().hash().equals(offer.offered().hash())
            : offered.saysTheSameAs(Realisation.parse(name, ingest.read(offer.stored(), decoders)));
    if (!same) {
      throw new UploadRefusedException(
          Reason.CONFLICT, "a different %s already exists".formatted(name));
    }
    return Stored.KNOWN;
  }

  private static boolean isRealisation(DocumentName name) {
    return name.kind() == DocumentName.Kind.REALISATION
        || name.kind() == DocumentName.Kind.BUILD_TRACE;
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
