package narthex.nix;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The listing of a NAR: the JSON document that Nix writes as {@code <hash>.ls}. Immutable.
 *
 * <p>Names and link targets are in the form of {@link NarText}. JSON can't represent bytes that are
 * not UTF-8, so Nix writes no listing for a NAR that has such a name. Narthex does: it writes the
 * U+0000 with which {@link NarText} escapes these bytes. Such a listing is for internal use and
 * must not go to clients ({@link NarListingSearch#isUtf8}).
 *
 * <p>Source: Nix, {@code src/libutil/nar-accessor.cc}, {@code listNar}.
 *
 * @param root the root of the NAR: a directory, a file or a symbolic link
 */
public record NarListing(Node root) {
  /** A regular file, a symbolic link or a directory in a NAR. */
  public sealed interface Node permits Directory, Regular, Symlink {}

  /**
   * A directory.
   *
   * @param entries the entries by name, sorted as in a NAR
   */
  public record Directory(Map<String, Node> entries) implements Node {
    /**
     * Copies and sorts the entries.
     *
     * @throws NixFormatException if a name isn't valid in a NAR
     */
    public Directory {
      SortedMap<String, Node> sorted = new TreeMap<>(NarText.ORDER);
      sorted.putAll(entries);
      sorted.keySet().forEach(NarListing::checkName);
      entries = Collections.unmodifiableSortedMap(sorted);
    }
  }

  /**
   * A regular file.
   *
   * @param executable whether it has the executable bit
   * @param narOffset offset of the contents in the uncompressed NAR, in bytes
   * @param sizeBytes length of the contents
   */
  public record Regular(boolean executable, long narOffset, long sizeBytes) implements Node {
    /**
     * Checks the numbers.
     *
     * @throws NixFormatException if a number is negative or their sum overflows
     */
    public Regular {
      if (narOffset < 0 || sizeBytes < 0 || narOffset + sizeBytes < 0) {
        throw new NixFormatException(
            "not a listing: a file of " + sizeBytes + " bytes at " + narOffset);
      }
    }
  }

  /**
   * A symbolic link.
   *
   * @param target the target as the NAR has it
   */
  public record Symlink(String target) implements Node {
    /**
     * Checks the target.
     *
     * @throws NixFormatException if it is empty, too long or has a zero byte
     */
    public Symlink {
      if (target.isEmpty() || !NarText.isText(target) || isLonger(target, MAX_TARGET_BYTES)) {
        throw new NixFormatException("not a listing: a link to '" + target + "'");
      }
    }
  }

  /** Longest name of an entry, in bytes. */
  public static final int MAX_NAME_BYTES = 255;

  /** Longest target of a symbolic link, in bytes. */
  public static final int MAX_TARGET_BYTES = 4095;

  /**
   * Deepest nesting of directories: much more than any package has, and little enough for
   * recursion.
   */
  public static final int MAX_DEPTH = 256;

  /**
   * Parses a listing. The order of JSON members doesn't matter; unknown members are ignored. The
   * caller limits the length of the text.
   *
   * @throws NixFormatException if the text is not JSON, repeats a member, or is not a listing of
   *     version 1
   */
  public static NarListing parse(String text) {
    return NarListingParser.parse(text);
  }

  /** The text as Nix writes it, without a newline at the end. */
  public String print() {
    StringBuilder text = new StringBuilder();
    NarListingPrinter printer = new NarListingPrinter(text);
    printer.print("", root);
    printer.end();
    return text.toString();
  }

  /**
   * Checks the name of a directory entry.
   *
   * @throws NixFormatException if the name is empty, {@code .} or {@code ..}, too long, or has a
   *     slash or a zero byte
   */
  static void checkName(String name) {
    if (name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || !NarText.isText(name)
        || isLonger(name, MAX_NAME_BYTES)) {
      throw new NixFormatException("invalid file name: '" + name + "'");
    }
  }

  private static boolean isLonger(String text, int maxBytes) {
    return text.length() > maxBytes
        || (text.length() > maxBytes / 3 && NarText.bytes(text).length > maxBytes);
  }
}
