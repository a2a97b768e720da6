package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import narthex.blob.BlobStore;
import narthex.blob.CachedBlobStore;
import narthex.blob.S3BlobStore;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.testing.FakeS3;
import narthex.testing.FakeS3Stores;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many requests to a bucket it takes to read a chunked NAR. */
class BucketRequestsTest {
  private static final long CACHE_BYTES = 1L << 30;

  @TempDir private Path folder;
  private final FakeS3 server = FakeS3.start();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Database database;

  @BeforeEach
  void open() throws IOException {
    String url = "jdbc:sqlite:" + folder.resolve("test.db");
    database = Database.open(new DatabaseAddress(url, null, null, null));
  }

  @AfterEach
  void close() {
    database.close();
    server.close();
    threads.shutdownNow();
  }

  private BlobStore replica(String name) throws IOException {
    S3BlobStore bucket = FakeS3Stores.open(server, folder.resolve(name + "-spools"));
    server.clearRequests();
    return CachedBlobStore.open(bucket, folder.resolve(name), CACHE_BYTES, threads);
  }

  private byte[] read(BlobStore blobs, StoredChunks of) throws IOException {
    ChunkedManifest manifest =
        new ChunkedManifest(database.chunks(), blobs, of.id(), of.framesLength());
    try (InputStream in = manifest.open(0)) {
      return in.readAllBytes();
    }
  }

  @Test
  void aNarThatSharesChunksIsReadWithOneRequestForEachPack() throws IOException {
    byte[] first = NarTree.mixed(5, 400_000).nar();
    byte[] second = first.clone();
    for (int at = 50_000; at < second.length; at += 100_000) {
      Arrays.fill(second, at, at + 20_000, (byte) at); // new chunks between shared ones
    }
    StoredChunks shared;
    try (BlobStore blobs = replica("writer")) {
      StoredChunks.store(database, blobs, Shape.usual(), first);
      shared = StoredChunks.store(database, blobs, Shape.usual(), second);
    }
    List<String> reads = shared.places().stream().map(ChunkPlace::pack).toList();
    Set<String> packs = Set.copyOf(reads);
    assertTrue(packs.size() > 10, packs.toString());

    try (BlobStore blobs = replica("reader")) {
      assertArrayEquals(second, read(blobs, shared));
    }

    assertEquals(
        packs.stream().sorted().toList(),
        server.requests().stream().map(FakeS3.Request::name).sorted().collect(Collectors.toList()));
    assertEquals(packs.size(), server.count("GetObject"));
  }
}
