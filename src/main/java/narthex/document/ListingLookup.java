package narthex.document;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.serve.NarLookup;
import narthex.serve.NarSource;
import narthex.stream.DecoderShare.Watch;
import narthex.stream.NotNarException;

/**
 * Finds listings of NARs. A missing listing is generated from the NAR once and stored by NarHash.
 * Concurrent requests share the work, which is cancelled when the last waiting client has left.
 * Thread-safe.
 */
public final class ListingLookup {
  private static final System.Logger LOG = System.getLogger(ListingLookup.class.getName());

  /**
   * Longest wait for another thread's listing. That thread always reports its result; the limit
   * only matters if it died.
   */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final DocumentLookup documents;
  private final ListingIngest ingest;
  private final NarLookup nars;
  private final SharedWork<Question> making = new SharedWork<>(SILENCE);

  /** Creates a lookup over these components. */
  public ListingLookup(DocumentLookup documents, ListingIngest ingest, NarLookup nars) {
    this.documents = documents;
    this.ingest = ingest;
    this.nars = nars;
  }

  /** Where to look for a NAR that has no listing yet. */
  private enum Where {
    ANYWHERE,
    HERE
  }

  /** Returns how many clients wait for a listing that another request generates. */
  int waiting() {
    return making.waiting();
  }

  /**
   * The key of shared work. It contains {@code where}: a lookup that stays local must not answer
   * one that may fetch the NAR.
   */
  private record Question(Sha256 narHash, Where where) {}

  /**
   * Finds the listing of a NAR. Fetches the NAR if necessary and waits until it is complete. The
   * caller closes the result.
   *
   * @param name a file name of the uncompressed NAR
   * @param watch fails when the client has left
   * @return empty if the NAR does not exist, or the bytes are not a NAR
   * @throws IOException if the listing cannot be found or generated now
   */
  public Optional<OpenDocument> find(NarId nar, NarFileName name, Watch watch) throws IOException {
    return find(nar, name, Where.ANYWHERE, watch);
  }

  /**
   * Finds the listing of a stored NAR. The caller closes the result.
   *
   * @param watch fails when the client has left
   * @return empty if the NAR is not stored, or the bytes are not a NAR
   * @throws IOException if the listing cannot be found or generated now
   */
  public Optional<OpenDocument> findHere(NarId nar, Watch watch) throws IOException {
    return find(nar, new NarFileName(nar.hash().nix32(), Compression.NONE), Where.HERE, watch);
  }

  private Optional<OpenDocument> find(NarId nar, NarFileName name, Where where, Watch watch)
      throws IOException {
    DocumentName kept = DocumentName.listing(nar.hash());
    Optional<OpenDocument> known = documents.findHere(kept);
    if (known.isPresent()) {
      return known;
    }
    return making.ask(
            new Question(nar.hash(), where), watch, wanted -> make(nar, name, where, wanted))
        ? documents.findHere(kept)
        : Optional.empty();
  }

  /** Generates the listing; returns false if there is no NAR. */
  private boolean make(NarId nar, NarFileName name, Where where, Watch wanted) throws IOException {
    Optional<OpenDocument> meanwhile = documents.findHere(DocumentName.listing(nar.hash()));
    if (meanwhile.isPresent()) {
      meanwhile.get().close();
      return true;
    }
    Optional<NarSource> found = where == Where.HERE ? nars.findHere(name) : nars.find(name);
    if (found.isEmpty()) {
      return false;
    }
    try (NarSource source = found.get()) {
      return make(nar, source, wanted);
    }
  }

  private boolean make(NarId nar, NarSource source, Watch wanted) throws IOException {
    try (InputStream in = new WatchedInputStream(source.open(0, wanted), wanted)) {
      ingest.make(nar, in);
      return true;
    } catch (NotNarException e) {
      source.awaitComplete(wanted); // a format error in unverified bytes proves nothing
      LOG.log(
          Level.WARNING,
          "could not make listing narHash={0} reason={1}",
          nar.hash().nix32(),
          e.getMessage());
      return false;
    }
  }
}
