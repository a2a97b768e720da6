package narthex.document;

import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import narthex.nix.Compression;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.NarListing;
import narthex.nix.NarListingSearch;
import narthex.nix.StorePathHash;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarLookup;
import narthex.serve.NarSource;
import narthex.serve.ServedNarInfo;
import narthex.stream.DecoderShare.Watch;

/**
 * Finds single files and directories in the NARs of store paths, following symbolic links as a file
 * system would. Where a file lies is told by the listing made from the NAR itself. Thread-safe.
 */
public final class NarFiles {
  /** Most entries of a directory that are told at once. */
  public static final int MAX_ENTRIES = 10_000;

  /** What a path led to. */
  public sealed interface Found permits FoundFile, FoundDirectory, FoundElsewhere, FoundNothing {}

  /**
   * A regular file.
   *
   * @param contents its bytes, which the caller closes
   */
  public record FoundFile(NarSource contents) implements Found {}

  /**
   * A directory.
   *
   * @param directory its first {@value #MAX_ENTRIES} entries, directories among them without theirs
   * @param entityTag strong entity tag without quotes of whatever is made from it
   * @param listing all that is in it
   */
  public record FoundDirectory(
      NarListing.Directory directory, String entityTag, ListingCopy listing) implements Found {}

  /**
   * A link into another store path.
   *
   * @param hash of that store path
   * @param path the way in it
   */
  public record FoundElsewhere(StorePathHash hash, List<String> path) implements Found {}

  /**
   * A link that leads nowhere.
   *
   * @param reason for people, one line
   */
  public record FoundNothing(String reason) implements Found {}

  /** Writes the listing of a directory with all that is in it. */
  public interface ListingCopy {
    /** Writes it; the target stays open. */
    void writeTo(Appendable out) throws IOException;
  }

  private final NarInfoLookup narInfos;
  private final NarLookup nars;
  private final DocumentLookup documents;
  private final ListingLookup listings;

  /** Looks in these places. */
  public NarFiles(
      NarInfoLookup narInfos, NarLookup nars, DocumentLookup documents, ListingLookup listings) {
    this.narInfos = narInfos;
    this.nars = nars;
    this.documents = documents;
    this.listings = listings;
  }

  /**
   * Finds the listing of a store path for a client: one that an upstream gave, else made from the
   * NAR if that is stored, else one that was put here, else the upstream's. What was put here
   * counts for nothing where an upstream has the path and its NAR is not here to compare with.
   * Where a name in the NAR is not UTF-8 there is none to be made, as Nix makes none. The caller
   * closes it.
   *
   * @param watch fails when the client has left
   * @return empty if there surely is none
   * @throws IOException if that cannot be told
   */
  public Optional<OpenDocument> findListing(StorePathHash hash, Watch watch) throws IOException {
    DocumentName name = DocumentName.listing(hash);
    boolean isPut = documents.isPut(name);
    Optional<OpenDocument> listing = isPut ? Optional.empty() : documents.findHere(name);
    if (listing.isEmpty()) {
      listing = makeListing(hash, watch);
    }
    boolean isDoubtful = isPut && narInfos.isOfUpstream(hash);
    return listing.isPresent() || isDoubtful ? listing : documents.find(name);
  }

  private Optional<OpenDocument> makeListing(StorePathHash hash, Watch watch) throws IOException {
    Optional<ServedNarInfo> stored = narInfos.findHere(hash);
    if (stored.isEmpty()) {
      return Optional.empty();
    }
    NarId nar = stored.get().narInfo().nar();
    Optional<OpenDocument> made = listings.findHere(nar, watch);
    if (made.isEmpty() || !isUtf8(made.get())) {
      return Optional.empty();
    }
    return listings.findHere(nar, watch);
  }

  private static boolean isUtf8(OpenDocument listing) throws IOException {
    try (listing;
        Reader reader = new InputStreamReader(listing.plain(), StandardCharsets.UTF_8)) {
      return NarListingSearch.isUtf8(reader);
    }
  }

  /**
   * Finds what a path in a store path leads to, fetching the NAR if need be.
   *
   * @param path names as {@link narthex.nix.NarText} makes them; none for the root
   * @param watch fails when the client has left
   * @return empty if there surely is nothing
   * @throws IOException if it cannot be had just now
   */
  public Optional<Found> find(StorePathHash hash, List<String> path, Watch watch)
      throws IOException {
    Optional<ServedNarInfo> served = narInfos.find(hash);
    if (served.isEmpty()) {
      return Optional.empty();
    }
    NarInfo narInfo = served.get().narInfo();
    String file = narInfo.file().url().substring(narInfo.file().url().lastIndexOf('/') + 1);
    NarFileName name = new NarFileName(NarFileName.parse(file).stem(), Compression.NONE);
    return new NarWalk(
            narInfo, () -> listings.find(narInfo.nar(), name, watch), () -> nars.find(name))
        .go(path);
  }
}
