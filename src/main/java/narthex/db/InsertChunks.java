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
  /** What to do with a chunk that has a row already. */
  enum Existing {
    /** Keep the row as it is. */
    KEPT("do nothing"),

    /**
     * A lost or damaged chunk (flag 1) keeps its number and gets the new place. Any other row is
     * kept as it is, also that of a chunk that no manifest refers to (flag 2): its frame is good,
     * and manifests that were committed after the search may refer to it.
     */
    REPAIRED(
        """
        do update set pack = excluded.pack, pack_offset = excluded.pack_offset,
          stored_length = excluded.stored_length, frame_crc = excluded.frame_crc, condemned = 0,
          group_stored = 0, group_length = 0, group_crc = 0, group_at = 0
        where chunk.condemned in (1, 3)
        """);

    private final String statement;

    Existing(String action) {
      this.statement =
          """
          insert into chunk (number, hash, pack, pack_offset, stored_length, length, frame_crc,
            condemned)
          values (?, ?, ?, ?, ?, ?, ?, 0)
          on conflict (hash)
          """
              + action;
    }
  }

  private InsertChunks() {}

  /**
   * Inserts the chunks that don't exist yet.
   *
   * @return the numbers of all given chunks, sorted
   * @throws PersistenceException if a statement fails
   */
  static long[] run(Connection connection, Iterable<ChunkPlace> chunks, Existing existing) {
    LongStream.Builder numbers = LongStream.builder();
    try (PreparedStatement statement = connection.prepareStatement(existing.statement)) {
      int waiting = 0;
      for (ChunkPlace chunk : chunks) {
        numbers.add(chunk.number());
        add(statement, chunk);
        if (++waiting == Batches.ROWS_AT_ONCE) {
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
