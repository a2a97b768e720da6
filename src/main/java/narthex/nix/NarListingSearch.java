package narthex.nix;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** Finds one node in a listing of any length, in little memory. */
public final class NarListingSearch {
  /**
   * The result of a search.
   *
   * @param depth number of names in the path that lead to the node: all of them, or fewer if the
   *     search met a symbolic link
   * @param node the node at this depth; a directory has its direct entries only, so that
   *     directories among them look empty
   */
  public record Found(int depth, NarListing.Node node) {}

  /** The JSON form of the character with which {@link NarText} escapes bytes that are not UTF-8. */
  private static final String ZERO = "\\u0000";

  private static final int BUFFER_CHARS = 1 << 13;

  private NarListingSearch() {}

  /**
   * Finds the node at a path, or the first symbolic link on the way to it.
   *
   * @param listing a listing written by {@link NarListingPrinter}; stays open, its position after
   *     the call is undefined
   * @param path the names from the root; empty for the root itself
   * @param maxEntries how many entries of a directory to return at most
   * @return empty if the listing has no such path
   * @throws NixFormatException if the text is not such a listing
   * @throws IOException if reading fails
   */
  public static Optional<Found> find(Reader listing, List<String> path, int maxEntries)
      throws IOException {
    return NarListingParser.find(listing, path, maxEntries);
  }

  /**
   * Writes the node at a path, with everything in it, as a listing of its own.
   *
   * @param listing a listing written by {@link NarListingPrinter}; stays open, its position after
   *     the call is undefined
   * @param path the names from the root; only the last one may be a symbolic link
   * @param out the target; stays open
   * @throws NixFormatException if the text is not such a listing or has no such path
   * @throws IOException if reading or writing fails
   */
  public static void copy(Reader listing, List<String> path, Appendable out) throws IOException {
    try {
      NarListingPrinter printer = new NarListingPrinter(out);
      NarListingParser.copy(listing, path, printer);
      printer.end();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /**
   * Whether all names and link targets in a listing are UTF-8. Reads to the first that isn't.
   *
   * @param listing a listing written by {@link NarListingPrinter}; stays open
   * @throws IOException if reading fails
   */
  public static boolean isUtf8(Reader listing) throws IOException {
    char[] buffer = new char[BUFFER_CHARS];
    int matched = 0;
    int count;
    while ((count = listing.read(buffer)) >= 0) {
      for (int i = 0; i < count; i++) {
        boolean isNext = buffer[i] == ZERO.charAt(matched);
        if (isNext && ++matched == ZERO.length()) {
          return false;
        }
        if (!isNext) { // also skips the second backslash of "\\", which starts no escape
          matched = 0;
        }
      }
    }
    return true;
  }
}
