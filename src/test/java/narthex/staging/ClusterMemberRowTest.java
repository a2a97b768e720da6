package narthex.staging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import org.junit.jupiter.api.Test;

/** The rows in which replicas find each other. */
class ClusterMemberRowTest {

  @Test
  void aMemberThatTwoReplicasWriteHasOneRow() throws Exception {
    try (EmbeddedPostgres server = EmbeddedPostgres.builder().start()) {
      String url = "jdbc:postgresql://localhost:" + server.getPort() + "/postgres";
      Database.open(new DatabaseAddress(url, "postgres", "postgres", null)).close();
      try (Connection connection = server.getPostgresDatabase().getConnection()) {
        write(connection, false);
        write(connection, true);

        try (PreparedStatement query =
                connection.prepareStatement("select name, coord from cluster_member");
            ResultSet rows = query.executeQuery()) {
          assertTrue(rows.next());
          assertEquals("a-1", rows.getString(1));
          assertTrue(rows.getBoolean(2), "what was written last");
          assertFalse(rows.next());
        }
      }
    }
  }

  private static void write(Connection connection, boolean isCoordinator) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement(ClusterChannel.INSERT_MEMBER)) {
      insert.setString(1, "uuid://1");
      insert.setString(2, "a-1");
      insert.setString(3, "narthex");
      insert.setString(4, "127.0.0.1:7800");
      insert.setBoolean(5, isCoordinator);
      insert.executeUpdate();
    }
  }
}
