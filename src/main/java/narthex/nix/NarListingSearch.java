package narthex.nix;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** Finds one node in a listing of any length without keeping the rest. */
public final class NarListingSearch {
  /**
   * What a way through a listing met.
   *
   * @param depth how many of its names were gone through: all of them, or fewer if a symbolic link
   *     lies on the way
   * @param node what lies there; of a directory its entries, those that are directories without
   *     theirs
   */
  public record Found(int depth, NarListing.Node node) {}

  /** The escape that stands before a byte that is not UTF-8, and for nothing else. */
  private static final String ZERO = "\\u0000";

  private static final int BUFFER_CHARS = 1 << 13;

  private NarListingSearch() {}

  /**
   * Goes through a listing up to the end of the way or to the first link before it.
   *
   * @param listing what {@link NarListingPrinter} wrote; stays open at any place
   * @param path the names from the root on; none for the root itself
   * @param most how many entries of a directory are kept
   * @return empty if nothing is called so
   * @throws NixFormatException if it is not such a listing
   * @throws IOException if it cannot be read
   */
  public static Optional<Found> find(Reader listing, List<String> path, int most)
      throws IOException {
    return NarListingParser.find(listing, path, most);
  }

  /**
   * Writes the listing of what lies on this way, with all that is in it, as one of its own.
   *
   * @param listing what {@link NarListingPrinter} wrote; stays open at any place
   * @param path the names from the root on, no link before the last
   * @param out stays open
   * @throws NixFormatException if it is not such a listing, or nothing is called so
   * @throws IOException if it cannot be read or written
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
   * Whether all names and targets in a listing are UTF-8.
   *
   * @param listing what {@link NarListingPrinter} wrote, read up to its end; stays open
   * @throws IOException if it cannot be read
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
        if (!isNext) { // an escaped backslash begins nothing
          matched = 0;
        }
      }
    }
    return true;
  }
}
