package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.db.DatabaseAddress;
import narthex.ingest.CdcMode;
import narthex.maintain.StoreWorld.Action;
import narthex.maintain.StoreWorld.Step;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3Stores;
import narthex.testing.node.Node;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * A server as a state machine: in any order of fetches, uploads, deletions, pins, evictions,
 * collections, changes of the form and restarts, with readers across them, no byte is lost that
 * somebody needs, and in the end a deep check finds nothing wrong and nothing left over.
 */
class StoreProperties {
  private static final AtomicInteger DATABASES = new AtomicInteger();

  @SuppressWarnings("NullAway.Init") // jqwik calls start first
  private static EmbeddedPostgres postgresql;

  @BeforeContainer
  static void start() throws IOException {
    postgresql = EmbeddedPostgres.builder().start();
  }

  @AfterContainer
  static void stop() throws IOException {
    postgresql.close();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    return Combinators.combine(
            Arbitraries.of(Action.class), Arbitraries.integers().between(0, StoreWorld.SAMPLES - 1))
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
    check(steps, mode, Node.Options.usual(), CountingBlobStore::new);
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
          replaced -> inBucket(replaced, bucket, spools));
    } finally {
      delete(spools);
    }
  }

  private static BlobStore inBucket(BlobStore replaced, FakeS3 bucket, Path spools) {
    try {
      replaced.close();
      return new CountingBlobStore(FakeS3Stores.open(bucket, spools));
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
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

  private static void check(
      List<Step> steps, CdcMode mode, Node.Options options, UnaryOperator<BlobStore> blobs)
      throws Exception {
    Path folder = Files.createTempDirectory("store");
    try (StoreWorld world = new StoreWorld(folder, options.withBlobs(blobs), mode)) {
      for (Step step : steps) {
        world.run(step);
        world.check();
      }
      world.quiesce();
      world.check();
      assertEquals(List.of(), world.findings());
      world.checkAll();
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
