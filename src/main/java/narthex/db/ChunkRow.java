package narthex.db;

import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.ibatis.type.BaseTypeHandler;
import org.apache.ibatis.type.JdbcType;
import org.jspecify.annotations.Nullable;

/**
 * Tells MyBatis how a whole row is a chunk. To serve a NAR takes many such rows, and to find each
 * time which column belongs to which component takes longer than all the rest.
 */
final class ChunkRow extends BaseTypeHandler<ChunkColumns> {
  @Override
  public void setNonNullParameter(
      PreparedStatement statement, int position, ChunkColumns chunk, @Nullable JdbcType type) {
    throw new UnsupportedOperationException("a row is no parameter");
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
    throw new UnsupportedOperationException("no procedure gives chunks");
  }

  /** In the order of {@link ChunkMapper#CHUNK}. */
  private static ChunkColumns read(ResultSet row) throws SQLException {
    int column = 0;
    return new ChunkColumns(
        row.getLong(++column),
        row.getBytes(++column),
        row.getString(++column),
        row.getLong(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column));
  }
}
