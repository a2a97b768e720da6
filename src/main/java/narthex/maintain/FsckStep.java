package narthex.maintain;

import java.io.IOException;
import java.util.List;

/** A step of the check of the store: it looks at items of one kind in the order of their keys. */
interface FsckStep {
  /** Returns what it looks at: a plural noun for people, one word. Also names its position. */
  String name();

  /** Returns how many items there are; 0 if that would take too long to count. */
  default long total() throws IOException {
    return 0;
  }

  /** Returns whether what it finds wasn't counted by a step before; true by default. */
  default boolean isFirstLook() {
    return true;
  }

  /**
   * Finds items.
   *
   * @param after the last item that was looked at; empty to begin
   * @return their keys, in order; empty at the end
   */
  List<String> find(String after, int most) throws IOException;

  /**
   * Looks at an item. Whatever is found was wrong at one moment, whatever others change meanwhile.
   *
   * @return what is wrong
   * @throws IOException if that can't be told
   */
  List<Finding> look(String key) throws IOException;
}
