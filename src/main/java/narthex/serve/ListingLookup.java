package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import narthex.ingest.ListingIngest;
import narthex.ingest.Questions;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.NotNarException;

/**
 * Finds listings of NARs: made from the NAR itself, once, and kept by NarHash. Concurrent questions
 * for one make it once. Thread-safe.
 */
public final class ListingLookup {
  private static final System.Logger LOG = System.getLogger(ListingLookup.class.getName());

  /** Who makes a listing answers all others; this only frees them if it died. */
  private static final Duration SILENCE = Duration.ofMinutes(10);

  private final DocumentLookup documents;
  private final ListingIngest ingest;
  private final NarLookup nars;
  private final Questions<Sha256, Boolean> making = new Questions<>(SILENCE);

  /** Looks in these places. */
  public ListingLookup(DocumentLookup documents, ListingIngest ingest, NarLookup nars) {
    this.documents = documents;
    this.ingest = ingest;
    this.nars = nars;
  }

  /** Where a NAR is found that has no listing yet. */
  private interface Nars {
    Optional<NarSource> find(NarFileName name) throws IOException;
  }

  /**
   * Finds the listing of a NAR, fetching the NAR if need be; waits until all of it is here. The
   * caller closes it.
   *
   * @param name a file name of the NAR itself
   * @return empty if the NAR surely cannot be had, or is not one
   * @throws IOException if that cannot be told
   */
  public Optional<OpenDocument> find(NarId nar, NarFileName name) throws IOException {
    return find(nar, name, nars::find);
  }

  /**
   * Finds the listing of a NAR if the NAR is stored. The caller closes it.
   *
   * @return empty if the NAR surely is not stored, or is not one
   * @throws IOException if that cannot be told
   */
  public Optional<OpenDocument> findHere(NarId nar) throws IOException {
    return find(nar, new NarFileName(nar.hash().nix32(), Compression.NONE), nars::findHere);
  }

  private Optional<OpenDocument> find(NarId nar, NarFileName name, Nars from) throws IOException {
    DocumentName kept = DocumentName.listing(nar.hash());
    Optional<OpenDocument> known = documents.findHere(kept);
    if (known.isPresent()) {
      return known;
    }
    return making.ask(nar.hash(), () -> make(nar, name, from))
        ? documents.findHere(kept)
        : Optional.empty();
  }

  /** Makes the listing; false if there is nothing to list. */
  private boolean make(NarId nar, NarFileName name, Nars from) throws IOException {
    Optional<OpenDocument> meanwhile = documents.findHere(DocumentName.listing(nar.hash()));
    if (meanwhile.isPresent()) {
      meanwhile.get().close();
      return true;
    }
    Optional<NarSource> found = from.find(name);
    if (found.isEmpty()) {
      return false;
    }
    try (InputStream in = found.get().open(0)) {
      ingest.make(nar, in);
      return true;
    } catch (NotNarException e) {
      found.get().awaitComplete(); // of bytes that are wrong it says nothing
      LOG.log(
          Level.WARNING, "no listing narHash={0} reason={1}", nar.hash().nix32(), e.getMessage());
      return false;
    }
  }
}
