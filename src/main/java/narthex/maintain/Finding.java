package narthex.maintain;

import java.io.IOException;
import java.util.Locale;

/**
 * Something that a check of the store found.
 *
 * @param kind what is wrong
 * @param what names it in one line, with the key of the blob, the NAR or the path
 * @param repair mends it
 */
record Finding(Kind kind, String what, Repair repair) {
  /** What is wrong. */
  enum Kind {
    /** A row names a blob that doesn't exist. */
    LOST_BLOB,
    /** A blob is not as long as the rows say. */
    WRONG_LENGTH,
    /** A frame in a pack doesn't have its CRC. */
    DAMAGED_FRAME,
    /** A chunk doesn't have its hash or length. */
    WRONG_CHUNK,
    /** Two chunks lie in the same bytes of a pack. */
    OVERLAPPING_CHUNKS,
    /** A manifest has gaps, or refers to chunks that are missing or known to be damaged. */
    BROKEN_MANIFEST,
    /** A whole file doesn't have its FileHash. */
    DAMAGED_FILE,
    /** A NAR doesn't have its NarHash or NarSize. */
    WRONG_NAR,
    /** Rows belong to a NAR of which another row is missing. */
    STRAY_ROWS,
    /** A file name doesn't lead to its NAR. */
    WRONG_NAME,
    /** A narinfo tells another NarSize than its NAR has. */
    WRONG_SIZE,
    /** Neither the store nor an upstream has the NAR of an uploaded narinfo. */
    NARINFO_WITHOUT_NAR,
    /** A document doesn't have its hash or size. */
    DAMAGED_DOCUMENT,
    /** No narinfo references a NAR after the grace. Not wrong: the sweep of NARs deletes it. */
    UNREFERENCED_NAR,
    /** No row names a blob. Not wrong: the search for unreferenced blobs deletes it. */
    ORPHAN;

    /** Returns its name in results. */
    String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What a repair did. */
  enum Outcome {
    /** It is whole again. */
    MENDED,
    /** It will be fetched again with the next NAR that has it. */
    MARKED,
    /** It can't be served any more, and clients get it elsewhere. */
    DROPPED,
    /** Nothing yet: another NAR may bring the missing chunks. */
    DEFERRED,
    /** Nothing: it changed meanwhile, or nothing has to be done. */
    UNCHANGED;

    /** Returns its name in results. */
    String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Mends what is wrong. */
  @FunctionalInterface
  interface Repair {
    /**
     * Mends it.
     *
     * @throws IOException if the database or the blob store fails; it may be left as it was
     */
    Outcome run() throws IOException;
  }
}
