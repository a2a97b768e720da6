package narthex.chunk;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A list of rows of longs, in blocks of {@value #ROWS_OF_BLOCK} rows. Growing copies no rows and
 * allocates one block at a time. Not thread-safe.
 */
final class LongRows {
  private static final int ROWS_OF_BLOCK = 512;

  private final int columns;
  private final List<long[]> blocks = new ArrayList<>();
  private int count;

  LongRows(int columns) {
    this.columns = columns;
  }

  /** Adds a row. Returns its index. */
  int add(long... row) {
    if (row.length != columns) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "%d of %d columns", row.length, columns));
    }
    if (count % ROWS_OF_BLOCK == 0) {
      blocks.add(new long[ROWS_OF_BLOCK * columns]);
    }
    System.arraycopy(row, 0, blocks.get(count / ROWS_OF_BLOCK), at(count), columns);
    return count++;
  }

  /** Replaces the row at an index. */
  void set(int index, long[] row) {
    System.arraycopy(row, 0, blocks.get(index / ROWS_OF_BLOCK), at(index), columns);
  }

  long get(int index, int column) {
    return blocks.get(index / ROWS_OF_BLOCK)[at(index) + column];
  }

  private int at(int index) {
    return index % ROWS_OF_BLOCK * columns;
  }

  int count() {
    return count;
  }
}
