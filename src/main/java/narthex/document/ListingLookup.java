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
 * Finds listings of NARs: made from the NAR itself, once, and kept by NarHash. Concurrent questions
 * for one make it once, and the making ends when the last client that wants it has left.
 * Thread-safe.
 */
public final class ListingLookup {
  private static final System.Logger LOG = System.getLogger(ListingLookup.class.getName());

  /** Who makes a listing answers all others; this only frees them if it died. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final DocumentLookup documents;
  private final ListingIngest ingest;
  private final NarLookup nars;
  private final SharedWork<Question> making = new SharedWork<>(SILENCE);

  /** Looks in these places. */
  public ListingLookup(DocumentLookup documents, ListingIngest ingest, NarLookup nars) {
    this.documents = documents;
    this.ingest = ingest;
    this.nars = nars;
  }

  /** Where a NAR is looked for that has no listing yet. */
  private enum Where {
    ANYWHERE,
    HERE
  }

  /** How many clients wait for a listing that another one's request makes. */
  int waiting() {
    return making.waiting();
  }

  /** That a NAR is not here says nothing to one who would fetch it. */
  private record Question(Sha256 narHash, Where where) {}

  /**
   * Finds the listing of a NAR, fetching the NAR if need be; waits until all of it is here. The
   * caller closes it.
   *
   * @param name a file name of the NAR itself
   * @param watch fails when the client has left
   * @return empty if the NAR surely cannot be had, or is not one
   * @throws IOException if that cannot be told
   */
  public Optional<OpenDocument> find(NarId nar, NarFileName name, Watch watch) throws IOException {
    return find(nar, name, Where.ANYWHERE, watch);
  }

  /**
   * Finds the listing of a NAR if the NAR is stored. The caller closes it.
   *
   * @param watch fails when the client has left
   * @return empty if the NAR surely is not stored, or is not one
   * @throws IOException if that cannot be told
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

  /** Makes the listing; false if there is nothing to list. */
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
      source.awaitComplete(); // of bytes that are wrong it says nothing
      LOG.log(
          Level.WARNING,
          "could not make listing narHash={0} reason={1}",
          nar.hash().nix32(),
          e.getMessage());
      return false;
    }
  }
}
