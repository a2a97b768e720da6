package narthex.db;

import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.ibatis.type.BaseTypeHandler;
import org.apache.ibatis.type.JdbcType;
import org.jspecify.annotations.Nullable;

/**
 * Maps a whole row of the table chunk. Serving a NAR reads many such rows, and MyBatis's mapping by
 * column names would take most of that time.
 */
final class ChunkColumnsTypeHandler extends BaseTypeHandler<ChunkColumns> {
  @Override
  public void setNonNullParameter(
      PreparedStatement statement, int position, ChunkColumns chunk, @Nullable JdbcType type) {
    throw new UnsupportedOperationException("a row cannot be a parameter");
  }

  @Override
  public ChunkColumns getNullableResult(ResultSet row, String firstColumn) throws SQLException {
    return read(row);
  }

  @Override
  public ChunkColumns getNullableResult(ResultSet row, int firstColumn) throws SQLException {
    return read(row);
  }

  @Override
  public ChunkColumns getNullableResult(CallableStatement call, int column) {
    throw new UnsupportedOperationException("no procedure returns chunks");
  }

  /** Reads the columns in the order of {@link ChunkMapper#CHUNK}. */
  private static ChunkColumns read(ResultSet row) throws SQLException {
    int column = 0;
    return new ChunkColumns(
        row.getLong(++column),
        row.getBytes(++column),
        row.getString(++column),
        row.getLong(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column));
  }
}
