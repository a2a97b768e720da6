package narthex.bench.chunk;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.chunk.ChunkSizes;
import narthex.chunk.ChunkStore;
import narthex.chunk.ChunkedManifest;
import narthex.chunk.PackCompaction;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.RepackTable.Candidate;
import narthex.db.StoredNar;
import narthex.ingest.CdcMode;
import narthex.ingest.NarIngest;
import narthex.ingest.NarUpload;
import narthex.ingest.Replicas;
import narthex.ingest.Stored;
import narthex.ingest.UploadFlights;
import narthex.maintain.DeleteGarbage;
import narthex.maintain.RepackPacks;
import narthex.nix.Sha256;
import narthex.staging.Flights;
import narthex.staging.LocalRegistry;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;

/** An empty store in eager mode with the server's defaults: SQLite and a directory. */
final class EagerStore implements Closeable {
  private static final long DECODER_BYTES = 256 << 20;
  private static final long PACK_BYTES = 8 << 20;
  private static final int PACKS_AT_ONCE = 100;
  private static final long MOST_NAR_BYTES = 16L << 30;

  private final Path folder;
  private final Database database;
  private final ChunkStore chunks;
  private final BlobStore blobs;
  private final StoredNars stored;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final NarUpload upload;

  EagerStore(Path folder) throws IOException {
    this(folder, DirectoryBlobStore.open(folder.resolve("storage")));
  }

  /**
   * @param blobs closed with this store
   */
  EagerStore(Path folder, BlobStore blobs) throws IOException {
    this.folder = Files.createDirectories(folder);
    this.blobs = blobs;
    this.database =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("narthex.db"), null, null, null));
    this.chunks =
        new ChunkStore(
            blobs,
            database,
            new ChunkStore.Policy(
                new ChunkSizes(16 << 10, 64 << 10, 256 << 10),
                PACK_BYTES,
                ChunkStore.OtherSizes.REFUSED),
            threads);
    this.stored = new StoredNars(blobs, database, InstantSource.system(), Duration.ofMinutes(1));
    ChunkedNars chunked = new ChunkedNars(chunks, database, stored, InstantSource.system());
    DecoderBudget decoders = new DecoderBudget(DECODER_BYTES);
    UploadFlights flights =
        new UploadFlights(
            new Flights(),
            new Replicas(
                new LocalRegistry(new LocalRegistry.Board(InstantSource.system()), "alone"),
                blobs,
                stored,
                database,
                decoders.share(Work.READING),
                threads));
    NarIngest ingest =
        new NarIngest(stored, chunked, blobs, threads, decoders, OptionalLong.empty());
    this.upload = new NarUpload(ingest, database, flights, MOST_NAR_BYTES, CdcMode.EAGER);
  }

  /** Ingests a NAR file; returns when its rows are committed. */
  void store(Sample sample) throws IOException {
    try (InputStream in = Files.newInputStream(sample.file())) {
      Stored outcome = upload.store(sample.name(), OptionalLong.of(sample.fileBytes()), in);
      if (outcome != Stored.NEW) {
        throw new IOException("was stored before: " + sample.name());
      }
    }
  }

  /** Reads the zstd file of a stored NAR to its end; returns its length. */
  long read(Sample sample) throws IOException {
    try (InputStream in = open(sample).openFrames(0)) {
      return in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /**
   * Reads a stored NAR to its end as clients that take zstd get it: frames as they are stored where
   * that is possible. Returns the length of the frames.
   */
  long readStored(Sample sample) throws IOException {
    try (InputStream in = open(sample).openStoredFrames()) {
      return in.transferTo(OutputStream.nullOutputStream());
    }
  }

  /** Reads and decodes a stored NAR to its end; returns its length. */
  long readDecoded(Sample sample) throws IOException {
    try (InputStream in = open(sample).open(0)) {
      return in.transferTo(OutputStream.nullOutputStream());
    }
  }

  private ChunkedManifest open(Sample sample) throws IOException {
    Sha256 hash = Sha256.parseNix32(sample.name().stem());
    StoredNar nar = database.findNar(hash).orElseThrow();
    return stored.openChunked(nar.id(), nar.representations().get(0));
  }

  /** Compresses all packs again, and deletes the old ones. */
  void compressAgain(int level) throws IOException {
    RepackPacks repack =
        new RepackPacks(
            database,
            new PackCompaction(chunks, OptionalInt.of(level)),
            () -> true,
            InstantSource.system());
    for (List<Candidate> packs = repack.find(Optional.empty(), PACKS_AT_ONCE);
        !packs.isEmpty();
        packs = repack.find(Optional.empty(), PACKS_AT_ONCE)) {
      for (Candidate pack : packs) {
        repack.run(pack);
      }
    }
    InstantSource later = () -> Instant.now().plus(Duration.ofHours(1));
    DeleteGarbage garbage = new DeleteGarbage(database, blobs, later);
    for (String blob : garbage.find(Optional.empty(), Integer.MAX_VALUE)) {
      garbage.run(blob);
    }
  }

  /** Total size of all blobs. */
  long storedBytes() throws IOException {
    return bytes(folder.resolve("storage"));
  }

  /** Size of the database files, including the log. */
  long databaseBytes() throws IOException {
    return bytes(folder) - storedBytes();
  }

  private static long bytes(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      long sum = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
      return sum;
    }
  }

  /** Closes the store; keeps its files. */
  @Override
  public void close() throws IOException {
    threads.shutdownNow();
    database.close();
    blobs.close();
  }
}
