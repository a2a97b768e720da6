package narthex.db;

import java.sql.ResultSet;
import java.sql.SQLException;

/** A row of the table representation that was found; see {@link RowTypeHandler}. */
record FoundRepresentation(RepresentationColumns columns) {
  /** Reads the columns in the order of {@link NarMapper#ROWS}. */
  static FoundRepresentation read(ResultSet row) throws SQLException {
    int column = 0;
    return new FoundRepresentation(
        new RepresentationColumns(
            row.getString(++column),
            row.getLong(++column),
            row.getLong(++column),
            row.getString(++column),
            row.getString(++column),
            row.getString(++column),
            row.getLong(++column),
            ExtentList.decode(row.getBytes(++column)),
            row.getString(++column)));
  }
}
