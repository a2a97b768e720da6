package narthex.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The database answers queries but rejects new rows. */
class FullDatabaseTest {
  private static final Sample SAMPLE = Sample.of(140, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private Node node;

  @BeforeEach
  void open() throws IOException {
    SAMPLE.publish(upstream);
    node = Node.open(folder, upstream);
  }

  @AfterEach
  void close() throws IOException {
    node.close();
    upstream.close();
  }

  private void fill(String table) throws SQLException {
    String url = "jdbc:sqlite:" + folder.resolve("narthex.db");
    try (Connection connection = DriverManager.getConnection(url);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "create trigger full before insert on "
              + table
              + " begin select raise(abort, 'database or disk is full'); end");
    }
  }

  @Test
  void aNarInfoThatCannotBeKeptIsAnsweredAllTheSame() throws Exception {
    fill("narinfo");

    assertEquals(SAMPLE.narInfo().file(), node.narInfo(SAMPLE).orElseThrow().file());
    assertEquals(Outcome.RIGHT, Reading.start(node, SAMPLE, SAMPLE.fileName(), 0).outcome());
  }

  @Test
  void aFileWhoseRowCannotBeStoredIsDeleted() throws Exception {
    node.narInfo(SAMPLE);
    fill("representation");

    node.nars().find(SAMPLE.fileName()).orElseThrow().close();
    node.awaitIdle();

    assertFalse(node.isStored(SAMPLE));
    assertEquals(List.of(), node.blobFiles());
  }
}
