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
 * Takes in documents that clients put here. The first one of a name stays, unless it is replaced on
 * purpose. Thread-safe; the same may come twice, also at once.
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
  private final DecoderShare decoders;

  /**
   * @param upstreams forget that they lacked a document
   * @param decoders what is stored is decoded with one of them, to compare
   */
  public DocumentUpload(
      Policy policy, DocumentIngest ingest, Upstreams upstreams, DecoderShare decoders) {
    this.decoders = decoders;
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

  /** What becomes of a document that is here under the same name. */
  public enum Existing {
    /** It stays. */
    KEPT,
    /** The new one takes its place. */
    REPLACED
  }

  /**
   * Stores a document.
   *
   * @param body bounded by {@link #maxBytes}, read to its end; stays open
   * @param existing what becomes of another one of the same name
   * @return whether there was none of this name before
   * @throws narthex.nix.NixFormatException if it is malformed or speaks of something else than its
   *     name; nothing is changed then
   * @throws UploadRefusedException if it lacks a signature, or another one is kept; nothing is
   *     changed then
   * @throws IOException if the body breaks off, or cannot be stored just now
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
