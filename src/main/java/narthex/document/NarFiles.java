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
 * Finds files and directories in the NARs of store paths and follows symbolic links as a file
 * system would. File offsets come from the listing that this server generates from the NAR.
 * Thread-safe.
 */
public final class NarFiles {
  /** Maximum number of directory entries in one result. */
  public static final int MAX_ENTRIES = 10_000;

  /** The result of resolving a path. */
  public sealed interface Found permits FoundFile, FoundDirectory, FoundElsewhere, FoundNothing {}

  /**
   * A regular file.
   *
   * @param contents the bytes of the file; the caller closes it
   */
  public record FoundFile(NarSource contents) implements Found {}

  /**
   * A directory.
   *
   * @param directory its first {@value #MAX_ENTRIES} entries; subdirectories are empty
   * @param entityTag identifies the content of the directory; the base for entity tags, without
   *     quotes
   * @param listing the complete listing of the directory tree
   */
  public record FoundDirectory(
      NarListing.Directory directory, String entityTag, ListingCopy listing) implements Found {}

  /**
   * A link into another store path.
   *
   * @param hash of that store path
   * @param path the remaining path inside that store path
   */
  public record FoundElsewhere(StorePathHash hash, List<String> path) implements Found {}

  /**
   * A symbolic link that cannot be resolved.
   *
   * @param reason for people, one line
   */
  public record FoundNothing(String reason) implements Found {}

  /** Writes the listing of a directory tree. */
  public interface ListingCopy {
    /** Writes the listing; does not close the target. */
    void writeTo(Appendable out) throws IOException;
  }

  private final NarInfoLookup narInfos;
  private final NarLookup nars;
  private final DocumentLookup documents;
  private final ListingLookup listings;

  /** Creates a finder over these components. */
  public NarFiles(
      NarInfoLookup narInfos, NarLookup nars, DocumentLookup documents, ListingLookup listings) {
    this.narInfos = narInfos;
    this.nars = nars;
    this.documents = documents;
    this.listings = listings;
  }

  /**
   * Finds the listing of a store path. In this order: a stored listing from an upstream, one
   * generated from the stored NAR, an uploaded one, one fetched from an upstream. An uploaded
   * listing is ignored if the narinfo comes from an upstream and the NAR is not stored, since it
   * cannot be verified. As in Nix, a NAR with a name that is not UTF-8 has no generated listing.
   * The caller closes the result.
   *
   * @param watch fails when the client has left
   * @return empty if there is none
   * @throws IOException if the lookup fails
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
   * Resolves a path inside a store path. Fetches the NAR if necessary.
   *
   * @param path names as {@link narthex.nix.NarText} decodes them; empty for the root
   * @param watch fails when the client has left
   * @return empty if there is no such file
   * @throws IOException if the NAR or its listing is temporarily unavailable
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
