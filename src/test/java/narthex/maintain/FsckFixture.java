package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import narthex.blob.BlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.ingest.CdcMode;
import narthex.maintain.Fsck.Depth;
import narthex.maintain.Fsck.Options;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.Fsck.Start;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.serve.NarSource;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A node over files and SQLite, with an upstream, whose store a test damages. */
abstract class FsckFixture {
  @TempDir Path folder;
  final FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
  List<String> told = List.of();
  volatile Instant now = Instant.now();

  @SuppressWarnings("NullAway.Init") // each test calls open first
  FaultyBlobStore blobs;

  @SuppressWarnings("NullAway.Init")
  Node node;

  @AfterEach
  final void stop() throws IOException {
    node.close();
    upstream.close();
  }

  final void open(CdcMode mode) throws IOException {
    node =
        Node.open(
            folder,
            Node.Options.usual().in(mode).withClock(() -> now).withBlobs(this::faulty),
            upstream);
  }

  private BlobStore faulty(BlobStore store) {
    blobs = new FaultyBlobStore(store);
    return blobs;
  }

  /** Forgets what is in memory, as a restart does. */
  final void reopen(CdcMode mode) throws IOException {
    node.close();
    open(mode);
  }

  /** Publishes samples at the upstream and fetches them. */
  final List<Sample> fetched(int count) throws IOException {
    List<Sample> samples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Sample sample = Sample.of(i, Compression.XZ).publish(upstream);
      assertTrue(node.narInfo(sample).isPresent());
      read(sample);
      samples.add(sample);
    }
    return samples;
  }

  /** Reads a NAR as a client does, and waits until it is stored. */
  final void read(Sample sample) throws IOException {
    NarFileName name = sample.narName();
    try (NarSource source = node.nars().find(name).orElseThrow();
        InputStream bytes = source.open(0)) {
      assertArrayEquals(sample.bytes(name, 0), bytes.readAllBytes());
    }
    node.awaitIdle();
  }

  final void upload(Sample sample) throws IOException {
    node.narUpload()
        .store(
            sample.fileName(),
            OptionalLong.empty(),
            new ByteArrayInputStream(sample.bytes(sample.fileName(), 0)));
    node.narInfoUpload().store(sample.hash(), sample.narInfo().print());
  }

  final FsckResult fsck(Depth depth, Repair repair) throws IOException {
    return node.chores().fsck().run(new Options(depth, repair, Start.ANEW, 0), telling());
  }

  /** Keeps the lines that are told from now on. */
  final Progress telling() {
    RecordedProgress progress = new RecordedProgress();
    told = progress.told;
    return progress;
  }

  /** The file of a blob. */
  final Path file(String key) {
    return folder.resolve("store").resolve("blobs").resolve(key);
  }

  /** Inverts the bits of a byte in the middle of a blob. */
  final void flip(String key) throws IOException {
    byte[] bytes = Files.readAllBytes(file(key));
    bytes[bytes.length / 2] ^= (byte) 0x10;
    Files.write(file(key), bytes);
  }

  /** Keeps the first half of a blob. */
  final void truncate(String key) throws IOException {
    byte[] bytes = Files.readAllBytes(file(key));
    Files.write(file(key), Arrays.copyOf(bytes, bytes.length / 2));
  }

  /** The keys of blobs that begin so, in order. */
  final List<String> keys(String prefix) throws IOException {
    List<String> keys = new ArrayList<>();
    for (Path path : node.blobFiles()) {
      String key = folder.resolve("store").resolve("blobs").relativize(path).toString();
      if (key.startsWith(prefix)) {
        keys.add(key);
      }
    }
    return keys.stream().sorted().toList();
  }

  /** Changes rows behind the back of the database, without its constraints. */
  final int execute(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  final String queryOne(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      return rows.next() ? rows.getString(1) : "";
    }
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("narthex.db"));
  }

  final void pass(Duration time) {
    now = now.plus(time);
  }
}
