package narthex.nix;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What is in a NAR: the document that Nix writes as {@code <hash>.ls}. Immutable.
 *
 * <p>Names and targets are as {@link NarText} makes them from bytes. The document is JSON and so
 * has no place for bytes that are not UTF-8: Nix refuses to write it then. Here the zero of {@link
 * NarText} is written, which stands for nothing else: such a listing can be kept and read, but is
 * not to be shown as one of Nix's.
 *
 * <p>Source: Nix, {@code src/libutil/nar-accessor.cc}, {@code listNar}.
 *
 * @param root what the NAR is
 */
public record NarListing(Node root) {
  /** A file, a link or a directory in a NAR. */
  public sealed interface Node permits Directory, Regular, Symlink {}

  /**
   * A directory.
   *
   * @param entries by name, in the order of a NAR
   */
  public record Directory(Map<String, Node> entries) implements Node {
    /**
     * Copies and sorts the entries.
     *
     * @throws NixFormatException if a name is none
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
   * @param narOffset where its contents begin in the NAR
   * @param sizeBytes how long they are
   */
  public record Regular(boolean executable, long narOffset, long sizeBytes) implements Node {
    /**
     * Checks the numbers.
     *
     * @throws NixFormatException if they are negative or no file reaches so far
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
   * @param target as it is in the NAR
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
   * Most directories in each other: many times what any package has, in a small part of a stack.
   */
  public static final int MAX_DEPTH = 256;

  /**
   * Parses a whole listing, in any order of its members. Members that are not known are ignored.
   * The caller bounds the length of the text.
   *
   * @throws NixFormatException if the text is not JSON, has a member twice, or is not a listing of
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
   * Refuses what no entry of a NAR is called.
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
      throw new NixFormatException("not the name of a file: '" + name + "'");
    }
  }

  private static boolean isLonger(String text, int maxBytes) {
    return text.length() > maxBytes
        || (text.length() > maxBytes / 3 && NarText.bytes(text).length > maxBytes);
  }
}
