package narthex.maintain;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import narthex.chunk.NarDroppedException;

/**
 * Checks what a row says while others may change the row. What is found counts only if the row is
 * the same before and after; else the new row is looked at.
 */
final class ChangingRow {
  /** Further attempts are needed only if the row changes while it is looked at. */
  private static final int ATTEMPTS = 5;

  private ChangingRow() {}

  /** Reads the row; empty if there is none. */
  @FunctionalInterface
  interface Reader<R> {
    Optional<R> read() throws IOException;
  }

  /** Compares what the row says with what is there. */
  @FunctionalInterface
  interface Check<R> {
    List<Finding> look(R row) throws IOException;
  }

  /**
   * Checks the row.
   *
   * @param what what it is of, with an article, for the exception
   * @return what is wrong; empty if there is no row
   * @throws IOException if reading or checking fails, or the row changes again and again
   */
  static <R> List<Finding> look(String what, Reader<R> reader, Check<R> check) throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Optional<R> row = reader.read();
      if (row.isEmpty()) {
        return List.of();
      }
      try {
        List<Finding> findings = check.look(row.get());
        if (findings.isEmpty() || reader.read().equals(row)) {
          return findings;
        }
      } catch (NarDroppedException dropped) {
        continue; // there is another row now, or none
      }
    }
    throw new IOException(what + " changes faster than it can be read");
  }
}
