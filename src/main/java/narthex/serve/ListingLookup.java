package narthex.serve;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import narthex.blob.BlobLostException;
import narthex.blob.BlobStore;
import narthex.blob.Extent;
import narthex.blob.StoredManifest;
import narthex.db.DocumentRow;
import narthex.ingest.ListingIngest;
import narthex.nix.Compression;
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

  private final ListingIngest listings;
  private final NarLookup nars;
  private final BlobStore blobs;
  private final DecoderSlots slots;
  private final ConcurrentMap<Sha256, CompletableFuture<Optional<NarSource>>> making =
      new ConcurrentHashMap<>();

  /** Looks in these places; whoever decodes for a client needs one of the slots. */
  public ListingLookup(
      ListingIngest listings, NarLookup nars, BlobStore blobs, DecoderSlots slots) {
    this.listings = listings;
    this.nars = nars;
    this.blobs = blobs;
    this.slots = slots;
  }

  /** Where a NAR is found that has no listing yet. */
  interface Nars {
    Optional<NarSource> find(NarFileName name) throws IOException;
  }

  /**
   * Finds the listing of a NAR, fetching the NAR if need be; waits until all of it is here.
   *
   * @param name a file name of the NAR itself
   * @return empty if the NAR surely cannot be had, or is not one
   * @throws IOException if that cannot be told
   */
  public Optional<NarSource> find(NarId nar, NarFileName name) throws IOException {
    return find(nar, name, nars::find);
  }

  /**
   * Finds the listing of a NAR if the NAR is stored.
   *
   * @return empty if the NAR surely is not stored, or is not one
   * @throws IOException if that cannot be told
   */
  public Optional<NarSource> findHere(NarId nar) throws IOException {
    return find(nar, new NarFileName(nar.hash().nix32(), Compression.NONE), nars::findHere);
  }

  private Optional<NarSource> find(NarId nar, NarFileName name, Nars from) throws IOException {
    Optional<DocumentRow> row = listings.find(nar.hash());
    if (row.isPresent()) {
      try {
        return Optional.of(source(row.get()));
      } catch (BlobLostException lost) {
        LOG.log(Level.ERROR, "listing is lost and made again reason={0}", lost.getMessage());
        listings.drop(row.get());
      }
    }
    CompletableFuture<Optional<NarSource>> mine = new CompletableFuture<>();
    CompletableFuture<Optional<NarSource>> other = making.putIfAbsent(nar.hash(), mine);
    if (other != null) {
      return await(other);
    }
    try {
      Optional<NarSource> made = make(nar, name, from);
      mine.complete(made);
      return made;
    } catch (IOException | RuntimeException | Error e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      making.remove(nar.hash(), mine);
    }
  }

  private Optional<NarSource> make(NarId nar, NarFileName name, Nars from) throws IOException {
    Optional<DocumentRow> known = listings.find(nar.hash());
    if (known.isPresent()) { // made between the first look and now
      return Optional.of(source(known.get()));
    }
    Optional<NarSource> found = from.find(name);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = found.get().open(0)) {
      return Optional.of(source(listings.make(nar, in)));
    } catch (NotNarException e) {
      LOG.log(
          Level.WARNING, "no listing narHash={0} reason={1}", nar.hash().nix32(), e.getMessage());
      return Optional.empty();
    }
  }

  /** The bytes of a stored document; {@link BlobLostException} if they surely are not there. */
  private NarSource source(DocumentRow row) throws IOException {
    Extent whole = new Extent(row.blob(), 0, row.blobSizeBytes(), row.blobSizeBytes());
    StoredManifest frame = new StoredManifest(blobs, List.of(whole));
    frame.requirePresent();
    String tag = row.hash().nix32();
    return new DecodedSource(
        new FileSource(frame, Compression.ZSTD, tag),
        new NarId(row.hash(), row.sizeBytes()),
        slots);
  }

  /** Reads a listing that was found; the caller closes the reader. */
  static Reader read(NarSource listing) throws IOException {
    return new InputStreamReader(listing.open(0), StandardCharsets.UTF_8);
  }

  private static Optional<NarSource> await(CompletableFuture<Optional<NarSource>> question)
      throws IOException {
    try {
      return question.get(SILENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw new IOException(failure.getMessage(), failure);
      }
      throw new IllegalStateException("the making of a listing broke", e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no listing for " + SILENCE, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for a listing", e);
    }
  }
}
