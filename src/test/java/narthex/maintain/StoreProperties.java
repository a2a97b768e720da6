package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.blob.BlobStore;
import narthex.blob.MortalBlobStore;
import narthex.db.DatabaseAddress;
import narthex.ingest.CdcMode;
import narthex.maintain.StoreWorld.Action;
import narthex.maintain.StoreWorld.Step;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3Stores;
import narthex.testing.FileTrees;
import narthex.testing.KillSwitch;
import narthex.testing.node.Node;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * A server as a state machine: in any order of fetches, uploads, deletions, pins, evictions,
 * collections, changes of the form, restarts, and deaths of the process before any write, with
 * readers across them, no byte is lost that somebody needs, and in the end a deep check finds
 * nothing wrong and nothing left over.
 */
class StoreProperties {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // jqwik calls start first
  private static EmbeddedPostgres postgresql;

  private static int killedAtWork;

  @BeforeContainer
  static void start() throws IOException {
    postgresql = EmbeddedPostgres.builder().start();
  }

  @AfterContainer
  static void stop() throws IOException {
    postgresql.close();
    assertTrue(killedAtWork > 0, "no process was killed in the middle of a step");
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Action> actions =
        Arbitraries.frequencyOf(
            Tuple.of(5, Arbitraries.of(Action.class)), Tuple.of(1, Arbitraries.just(Action.KILL)));
    return Combinators.combine(actions, Arbitraries.integers().between(0, StoreWorld.SAMPLES - 1))
        .as(Step::new)
        .list()
        .ofMinSize(8)
        .ofMaxSize(40);
  }

  @Provide
  Arbitrary<CdcMode> modes() {
    return Arbitraries.of(CdcMode.class);
  }

  @Property(tries = 15)
  void nothingIsLostOrLeftOverInAFolderAndSqlite(
      @ForAll("modes") CdcMode mode, @ForAll("steps") List<Step> steps) throws Exception {
    check(steps, mode, Node.Options.usual(), StoreProperties::inFolder);
  }

  @Property(tries = 8)
  void nothingIsLostOrLeftOverInABucketAndPostgresql(
      @ForAll("modes") CdcMode mode, @ForAll("steps") List<Step> steps) throws Exception {
    Path spools = Files.createTempDirectory("spools");
    try (FakeS3 bucket = FakeS3.start()) {
      check(
          steps,
          mode,
          Node.Options.usual().withDatabase(newDatabase()),
          (folder, own, process) -> inBucket(own, process, bucket, spools));
    } finally {
      FileTrees.delete(spools);
    }
  }

  /** Opens the blob store of a process over the folder of a node. */
  private interface Blobs {
    BlobStore open(Path folder, BlobStore own, KillSwitch process) throws IOException;
  }

  private static BlobStore inFolder(Path folder, BlobStore own, KillSwitch process) {
    return new MortalBlobStore(own, process, folder.resolve("store").resolve("tmp"));
  }

  private static BlobStore inBucket(
      BlobStore replaced, KillSwitch process, FakeS3 bucket, Path spools) throws IOException {
    replaced.close();
    return new MortalBlobStore(FakeS3Stores.open(bucket, spools), process, spools);
  }

  private static DatabaseAddress newDatabase() throws Exception {
    String name = "store" + DATABASES.incrementAndGet();
    try (Connection connection = postgresql.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    }
    return new DatabaseAddress(
        "jdbc:postgresql://localhost:" + postgresql.getPort() + "/" + name,
        "postgres",
        "postgres",
        null);
  }

  private static void check(List<Step> steps, CdcMode mode, Node.Options options, Blobs blobs)
      throws Exception {
    Path folder = Files.createTempDirectory("store");
    try (StoreWorld world =
        new StoreWorld(folder, options, (own, process) -> blobs.open(folder, own, process), mode)) {
      for (Step step : steps) {
        world.run(step);
        world.check();
      }
      world.quiesce();
      world.check();
      assertEquals(List.of(), world.findings());
      world.checkAll();
      killedAtWork += world.killedAtWork();
    } finally {
      FileTrees.delete(folder);
    }
  }
}
