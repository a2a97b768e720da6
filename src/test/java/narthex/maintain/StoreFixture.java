package narthex.maintain;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import narthex.blob.FaultyBlobStore;
import narthex.blob.MemoryBlobStore;
import narthex.chunk.ChunkStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.ingest.CdcMode;
import narthex.ingest.NarIngest;
import narthex.ingest.NarUpload;
import narthex.ingest.Replicas;
import narthex.ingest.UploadFlights;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.staging.Flights;
import narthex.staging.LocalRegistry;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Fixture for tests of chores: a store in memory, and a clock that the test sets. */
abstract class StoreFixture {
  private static final long DECODER_BYTES = 256 << 20;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  final MemoryBlobStore memory = new MemoryBlobStore();
  final FaultyBlobStore blobs = new FaultyBlobStore(memory);
  Instant now = Instant.now();
  Database database;
  StoredNars stored;
  ChunkStore chunks;
  ChunkedNars chunked;
  private NarIngest ingest;
  private UploadFlights flights;

  @BeforeEach
  final void openStore(@TempDir Path folder) throws IOException {
    database =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("x.db"), null, null, null));
    stored = new StoredNars(blobs, database, () -> now, Duration.ofMinutes(1));
    chunks = StoredChunks.ofUsualSizes(blobs, database, threads);
    chunked = new ChunkedNars(chunks, database, stored, () -> now);
    DecoderBudget decoders = new DecoderBudget(DECODER_BYTES);
    flights =
        new UploadFlights(
            new Flights(),
            new Replicas(
                new LocalRegistry(new LocalRegistry.Board(() -> now), "alone"),
                blobs,
                stored,
                database,
                decoders.share(Work.READING),
                threads));
    ingest = new NarIngest(stored, chunked, blobs, threads, decoders, OptionalLong.empty());
  }

  @AfterEach
  final void closeStore() {
    threads.shutdownNow();
    database.close();
  }

  Chores chores(Chore<?>... chores) {
    return new Chores(List.of(chores), Leases.ALONE, Runnable::run, 1, () -> now);
  }

  void pass(Duration time) {
    now = now.plus(time);
  }

  NarFixture put(int seed, CdcMode mode) throws IOException {
    NarFixture fixture =
        NarFixture.of("stored-" + seed, NarTree.mixed(seed, 20_000), Compression.XZ);
    put(fixture, mode);
    return fixture;
  }

  void put(NarFixture fixture, CdcMode mode) throws IOException {
    new NarUpload(ingest, database, flights, 1 << 20, mode)
        .store(
            new NarFileName(fixture.fileHash().nix32(), Compression.XZ),
            OptionalLong.empty(),
            new ByteArrayInputStream(fixture.file()));
  }

  /** Returns the keys of all blobs except the owner's marker. */
  Set<String> keys() {
    return memory.keys().stream()
        .filter(key -> !StoreOwner.isMark(key))
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
