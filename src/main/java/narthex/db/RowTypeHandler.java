package narthex.db;

import java.sql.CallableStatement;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.apache.ibatis.type.JdbcType;
import org.apache.ibatis.type.TypeHandler;
import org.jspecify.annotations.Nullable;

/**
 * Maps a whole row by the order of its columns. MyBatis's mapping by column names would take longer
 * than most queries.
 *
 * <p>MyBatis takes a parameter of a type that has a handler for a single value. So the rows of this
 * handler must be of a type that is never a parameter. Thread-safe.
 */
final class RowTypeHandler<T> implements TypeHandler<T> {
  private final Reader<T> reader;

  /** Reads the columns of the present row. */
  interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  RowTypeHandler(Reader<T> reader) {
    this.reader = reader;
  }

  @Override
  public void setParameter(
      PreparedStatement statement, int position, T parameter, @Nullable JdbcType type) {
    throw new UnsupportedOperationException("a row cannot be a parameter");
  }

  @Override
  public T getResult(ResultSet row, String firstColumn) throws SQLException {
    return reader.read(row);
  }

  @Override
  public T getResult(ResultSet row, int firstColumn) throws SQLException {
    return reader.read(row);
  }

  @Override
  public T getResult(CallableStatement call, int column) {
    throw new UnsupportedOperationException("no procedure returns rows");
  }
}
