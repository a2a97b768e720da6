package narthex.db;

import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.ibatis.type.BaseTypeHandler;
import org.apache.ibatis.type.JdbcType;
import org.jspecify.annotations.Nullable;

/** Maps an {@link ExtentList} to a binary column. */
final class ExtentListTypeHandler extends BaseTypeHandler<ExtentList> {
  @Override
  public void setNonNullParameter(
      PreparedStatement statement, int position, ExtentList extents, @Nullable JdbcType type)
      throws SQLException {
    statement.setBytes(position, extents.encode());
  }

  @Override
  public @Nullable ExtentList getNullableResult(ResultSet row, String column) throws SQLException {
    return decode(row.getBytes(column));
  }

  @Override
  public @Nullable ExtentList getNullableResult(ResultSet row, int column) throws SQLException {
    return decode(row.getBytes(column));
  }

  @Override
  public @Nullable ExtentList getNullableResult(CallableStatement call, int column)
      throws SQLException {
    return decode(call.getBytes(column));
  }

  private static @Nullable ExtentList decode(byte @Nullable [] bytes) {
    return bytes == null ? null : ExtentList.decode(bytes);
  }
}
