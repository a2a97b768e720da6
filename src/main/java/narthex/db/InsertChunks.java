package narthex.db;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.stream.LongStream;
import org.apache.ibatis.exceptions.PersistenceException;

/**
 * Inserts the chunks of a NAR, possibly more than 100,000, by one prepared statement in JDBC
 * batches. MyBatis would take ten times as long, during which SQLite has no other writer.
 */
final class InsertChunks {
  /** An existing row is kept; a condemned chunk keeps its number and gets the new place. */
  private static final String INSERT =
      """
      insert into chunk (number, hash, pack, pack_offset, stored_length, length, frame_crc,
        condemned)
      values (?, ?, ?, ?, ?, ?, ?, 0)
      on conflict (hash) do update set pack = excluded.pack, pack_offset = excluded.pack_offset,
        stored_length = excluded.stored_length, frame_crc = excluded.frame_crc, condemned = 0
      where chunk.condemned = 1
      """;

  private InsertChunks() {}

  /**
   * Inserts the chunks that don't exist yet.
   *
   * @return the numbers of all given chunks, sorted
   * @throws PersistenceException if a statement fails
   */
  static long[] run(Connection connection, Iterable<ChunkPlace> chunks) {
    LongStream.Builder numbers = LongStream.builder();
    try (PreparedStatement statement = connection.prepareStatement(INSERT)) {
      int waiting = 0;
      for (ChunkPlace chunk : chunks) {
        numbers.add(chunk.number());
        add(statement, chunk);
        if (++waiting == ChunkTable.ROWS_AT_ONCE) {
          statement.executeBatch();
          waiting = 0;
        }
      }
      if (waiting > 0) {
        statement.executeBatch();
      }
    } catch (SQLException e) {
      throw new PersistenceException("insert chunks", e);
    }
    return numbers.build().sorted().toArray();
  }

  private static void add(PreparedStatement statement, ChunkPlace chunk) throws SQLException {
    int column = 1;
    statement.setLong(column++, chunk.number());
    statement.setBytes(column++, chunk.hash().bytes());
    statement.setString(column++, chunk.pack());
    statement.setLong(column++, chunk.offset());
    statement.setInt(column++, chunk.storedLength());
    statement.setInt(column++, chunk.length());
    statement.setInt(column, chunk.frameCrc());
    statement.addBatch();
  }
}
