package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import narthex.db.Form;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.staging.LocalRegistry;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Node.Options;
import narthex.testing.node.Reading;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Background jobs of two replicas over one database. */
class DatabaseLeasesTest {
  private static final Sample FIRST = Sample.of(93, Compression.XZ);
  private static final Sample SECOND = Sample.of(94, Compression.XZ);

  @TempDir Path folder;
  private final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  private final LocalRegistry.Board board = new LocalRegistry.Board(InstantSource.system());
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");
  private final Options options = Options.usual().in(CdcMode.LAZY).withClock(() -> now);
  private LocalRegistry registryOfA;
  private Node a;
  private Node b;

  @BeforeEach
  void open() throws IOException {
    FIRST.publish(upstream);
    SECOND.publish(upstream);
    registryOfA = new LocalRegistry(board, "a");
    a = Node.open(folder, options.withCluster(registryOfA), upstream);
    b = Node.open(folder, options.withCluster(new LocalRegistry(board, "b")), upstream);
    fetch(FIRST);
    a.chores().chunk();
    assertTrue(isChunked(FIRST));
    fetch(SECOND);
  }

  @AfterEach
  void close() throws IOException {
    a.close();
    b.close();
    upstream.close();
  }

  private void fetch(Sample sample) throws IOException {
    assertTrue(a.narInfo(sample).isPresent());
    assertEquals(Outcome.RIGHT, Reading.start(a, sample, sample.fileName(), 0).outcome());
    a.awaitIdle();
  }

  private boolean isChunked(Sample sample) throws IOException {
    return a.database()
        .findNar(sample.id().hash())
        .orElseThrow()
        .find(Form.CHUNKED, Compression.NONE)
        .isPresent();
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  @Test
  void aJobRunsOnOneReplicaOnly() throws Exception {
    b.chores().chunk();
    assertFalse(isChunked(SECOND));

    a.chores().chunk();
    assertTrue(isChunked(SECOND));
  }

  @Test
  void anotherReplicaTakesTheJobOverFromOneThatNoLongerRenewsItsLease() throws Exception {
    pass(DatabaseLeases.LENGTH.minusMillis(1));
    b.chores().chunk();
    assertFalse(isChunked(SECOND));

    pass(DatabaseLeases.LENGTH);
    b.chores().chunk();

    assertTrue(isChunked(SECOND));
    assertFalse(isRunBy(a));
  }

  /** Whether the replica chunks what waits. */
  private boolean isRunBy(Node node) throws IOException {
    Sample third = Sample.of(95, Compression.XZ).publish(upstream);
    fetch(third);
    node.chores().chunk();
    return isChunked(third);
  }

  @Test
  void aRenewedLeaseLastsLonger() throws Exception {
    pass(DatabaseLeases.RENEW_EVERY);
    a.chores().renewLeases();
    pass(DatabaseLeases.LENGTH.minusMillis(1));

    b.chores().chunk();

    assertFalse(isChunked(SECOND));
  }

  @Test
  void aReplicaThatStopsGivesItsJobsAwayAtOnce() throws Exception {
    a.chores().releaseLeases();

    b.chores().chunk();

    assertTrue(isChunked(SECOND));
  }

  @Test
  void aReplicaThatIsLostGivesItsJobsAwayAtOnce() throws Exception {
    b.chores().chunk();
    assertFalse(isChunked(SECOND));

    registryOfA.close(); // as if it were killed: nothing releases its leases
    b.chores().chunk();

    assertTrue(isChunked(SECOND));
  }

  @Test
  void aReplicaThatComesBackLeavesItsFormerJobsToTheOther() throws Exception {
    registryOfA.close();
    b.chores().chunk();
    LocalRegistry again = new LocalRegistry(board, "a");

    assertFalse(isRunBy(a));
    again.close();
  }

  @Test
  void aReplicaThatStartsTakesTheJobsOfThoseThatWereLostBefore() throws Exception {
    registryOfA.close();
    LocalRegistry late = new LocalRegistry(board, "c");

    try (Node c = Node.open(folder, options.withCluster(late), upstream)) {
      c.chores().chunk();
    }

    assertTrue(isChunked(SECOND));
  }

  @Test
  void eachJobHasALeaseOfItsOwn() throws Exception {
    b.chores().delete();
    pass(Duration.ofSeconds(1));
    a.chores().chunk();

    assertTrue(isChunked(SECOND));
  }
}
