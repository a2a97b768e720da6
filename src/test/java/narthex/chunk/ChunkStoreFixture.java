package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import narthex.blob.FaultyBlobStore;
import narthex.blob.MemoryBlobStore;
import narthex.chunk.ChunkStore.OtherSizes;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Fixture for tests that write chunks: a store with small chunks, and blobs that fail on demand.
 */
abstract class ChunkStoreFixture {
  static final ChunkSizes SIZES = new ChunkSizes(1 << 10, 4 << 10, 16 << 10);
  static final long PACK_BYTES = 100_000;
  static final Instant NOON = Instant.parse("2025-03-04T12:00:00Z");

  final MemoryBlobStore memory = new MemoryBlobStore();
  final FaultyBlobStore blobs = new FaultyBlobStore(memory);
  final ExecutorService threads = Executors.newCachedThreadPool();
  @TempDir Path folder;
  Database database;
  ChunkStore store;

  @BeforeEach
  final void open() throws IOException {
    database = Database.open(new DatabaseAddress(url(), null, null, null));
    store = store(SIZES, OtherSizes.REFUSED);
  }

  @AfterEach
  final void close() {
    threads.shutdownNow();
    database.close();
    assertEquals(0, memory.openSinks());
  }

  String url() {
    return "jdbc:sqlite:" + folder.resolve("narthex.db");
  }

  ChunkStore store(ChunkSizes sizes, OtherSizes others) {
    return new ChunkStore(
        blobs, database, new ChunkStore.Policy(sizes, PACK_BYTES, others), threads);
  }

  static NarId id(byte[] nar) throws Exception {
    return new NarId(
        Sha256.of(MessageDigest.getInstance("SHA-256").digest(nar)), Math.max(1, nar.length));
  }

  void assertNoPackWithoutChunks() throws IOException {
    assertEquals(Set.of(), database.garbage().findUnnamed(memory.keys()));
  }
}
