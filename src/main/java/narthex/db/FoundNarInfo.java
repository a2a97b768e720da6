package narthex.db;

import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** A row of the table narinfo that was found; see {@link RowTypeHandler}. */
record FoundNarInfo(NarInfoColumns columns) {
  /** Reads the columns in the order of {@link NarInfoMapper#COLUMNS}. */
  static FoundNarInfo read(ResultSet row) throws SQLException {
    int column = 0;
    return new FoundNarInfo(
        new NarInfoColumns(
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            number(row, ++column),
            row.getString(++column),
            row.getLong(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getLong(++column)));
  }

  private static @Nullable Long number(ResultSet row, int column) throws SQLException {
    long number = row.getLong(column);
    return row.wasNull() ? null : number;
  }

  NarInfoRow row() {
    return columns.row();
  }
}
