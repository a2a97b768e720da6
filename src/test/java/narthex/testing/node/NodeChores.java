package narthex.testing.node;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.chunk.PackCompaction;
import narthex.db.Database;
import narthex.db.GarbageTable;
import narthex.document.DocumentIngest;
import narthex.ingest.CdcMode;
import narthex.maintain.Chore;
import narthex.maintain.Chores;
import narthex.maintain.ChunkFiles;
import narthex.maintain.CollectChunks;
import narthex.maintain.CompactPacks;
import narthex.maintain.DatabaseLeases;
import narthex.maintain.DeleteFiles;
import narthex.maintain.DeleteGarbage;
import narthex.maintain.Deletion;
import narthex.maintain.Eviction;
import narthex.maintain.FindUnnamedBlobs;
import narthex.maintain.Fsck;
import narthex.maintain.HashFrames;
import narthex.maintain.JobOptions;
import narthex.maintain.JobResult;
import narthex.maintain.Leases;
import narthex.maintain.MigrateJob;
import narthex.maintain.Pins;
import narthex.maintain.Progress;
import narthex.maintain.RepackPacks;
import narthex.maintain.SweepNars;
import narthex.maintain.WholeCollection;
import narthex.nix.DocumentName;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.wiring.Assembly;
import narthex.wiring.FsckAssembly;

/** What a node does in the background: only when it is told to, in the caller's thread. */
public final class NodeChores {
  /** How long a whole file stays beside the chunks. */
  public static final Duration DELETE_DELAY = Duration.ofHours(24);

  /** How long a NAR without a narinfo stays. */
  public static final Duration UPLOAD_GRACE = Duration.ofDays(1);

  private final Chore<Sha256> chunking;
  private final Chore<Sha256> hashing;
  private final Chore<Sha256> files;
  private final CollectChunks collecting;
  private final Deletion deletion;
  private final Optional<DatabaseLeases> leases;
  private final Assembly assembly;
  private final Assembly.Base base;
  private final BlobStore blobs;
  private final Database database;
  private final InstantSource clock;

  NodeChores(Assembly assembly, Assembly.Base base) {
    this.assembly = assembly;
    this.base = base;
    this.database = base.shared().database();
    this.blobs = base.shared().blobs();
    this.clock = base.clock();
    StoredNars stored = assembly.stored();
    DecoderShare decoders = base.decoders().share(Work.BACKGROUND);
    this.chunking = new ChunkFiles(database, stored, assembly.chunked(), decoders);
    this.hashing = new HashFrames(database, stored, assembly.chunked());
    this.files = new DeleteFiles(database, stored, DELETE_DELAY, clock);
    this.collecting = new CollectChunks(database, assembly.rounds(), Duration.ZERO, clock);
    this.deletion = new Deletion(database, stored, assembly.pins(), clock);
    this.leases = assembly.leases();
  }

  /** Returns the pins. */
  public Pins pins() {
    return assembly.pins();
  }

  /** Pins a path by the job, in the caller's thread. */
  public JobResult pin(StorePathHash path, Progress progress) throws IOException {
    JobOptions options = new JobOptions(Map.of("path", path.text()));
    return assembly.pinJob().prepare(options).run(progress);
  }

  /** Migrates all NARs by the job, in the caller's thread. */
  public JobResult migrate(CdcMode mode, Map<String, String> options) throws IOException {
    DecoderShare decoders = base.decoders().share(Work.BACKGROUND);
    StoredNars stored = assembly.stored();
    return new MigrateJob(
            new MigrateJob.Store(
                database, blobs, stored, assembly.chunked(), assembly.chunkStore(), decoders),
            new ChunkFiles(database, stored, assembly.chunked(), decoders),
            mode,
            (url, keys) -> {
              throw new IllegalArgumentException("no other store");
            })
        .prepare(new JobOptions(options))
        .run(Progress.SILENT);
  }

  /** Deletes a path as a client does. */
  public void deletePath(Sample sample) throws IOException {
    deletion.deletePath(sample.hash());
  }

  /**
   * Returns an eviction of a node whose blob store is a {@link CountingBlobStore}.
   *
   * @param collectSoon requests that chunks without a NAR are deleted soon
   */
  public Eviction eviction(
      Eviction.Policy policy, Eviction.FreeSpace free, Leases leases, Runnable collectSoon) {
    return new Eviction(
        policy,
        new Eviction.Nars(database, assembly.stored(), base.upstreams(), assembly.pins()),
        (CountingBlobStore) blobs,
        free,
        new Eviction.Means(leases, base.threads().tasks(), collectSoon),
        clock);
  }

  /** Returns a check of the store. */
  public Fsck fsck() {
    return FsckAssembly.fsck(base, assembly, UPLOAD_GRACE);
  }

  /** Sets what runs before a spool writes; the blob store must be a counting one. */
  public void beforeWriting(Runnable task) {
    ((CountingBlobStore) blobs).beforeWriting(task);
  }

  /** The blob store, which must be a counting one. */
  public CountingBlobStore countingBlobs() {
    return (CountingBlobStore) blobs;
  }

  /** Compresses all packs again, as if the server were idle. */
  public void repack(int level) {
    PackCompaction compaction = new PackCompaction(assembly.chunkStore(), OptionalInt.of(level));
    run(new RepackPacks(database, compaction, () -> true, clock));
  }

  /** What a collection on demand runs. */
  public WholeCollection.Steps collectionSteps() {
    return new WholeCollection.Steps(
        new SweepNars(database, deletion, UPLOAD_GRACE, clock),
        collecting,
        new CompactPacks(
            database,
            new PackCompaction(assembly.chunkStore(), OptionalInt.empty()),
            0.5,
            () -> false,
            clock));
  }

  /** Sets what runs before a NAR is stored; the blob store must be a counting one. */
  public void beforeStoring(Runnable task) {
    ((CountingBlobStore) blobs).beforeStoring(task);
  }

  /** Stores the listing of a NAR. */
  public void keepListing(Sample sample) throws IOException {
    new DocumentIngest(blobs, database, clock)
        .keep(
            DocumentName.listing(sample.id().hash()),
            new ByteArrayInputStream("{}".getBytes(StandardCharsets.UTF_8)),
            null);
  }

  /** Writes the uses of NARs, as is done each minute. */
  public void writeUses() {
    assembly.stored().uses().write();
  }

  /** Renews the leases of a replica. */
  public void renewLeases() {
    leases.orElseThrow().renew();
  }

  /** Releases the leases of a replica, as at its stop. */
  public void releaseLeases() {
    leases.orElseThrow().close();
  }

  /** Chunks what is stored whole; what fails is left. */
  public void chunk() {
    run(chunking);
  }

  /** Chunks one NAR. */
  public boolean chunk(Sample sample) throws IOException {
    return chunking.run(sample.id().hash());
  }

  /** Hashes the frames of what is chunked. */
  public void hash() {
    run(hashing);
  }

  /** Hashes the frames of one NAR. */
  public boolean hash(Sample sample) throws IOException {
    return hashing.run(sample.id().hash());
  }

  /** Deletes the whole files of what has been chunked for long enough, and what is due. */
  public void delete() {
    run(files);
    run(new DeleteGarbage(database, blobs, clock));
  }

  /**
   * Removes the chunks that no NAR refers to and deletes all garbage, as if its grace were over.
   */
  public void collect() {
    run(collecting); // marks
    run(collecting); // removes
    run(new DeleteGarbage(database, blobs, () -> clock.instant().plus(GarbageTable.GRACE)));
  }

  /** Deletes the NARs that no narinfo refers to and that were stored more than a day ago. */
  public void sweep() {
    run(collectionSteps().sweep());
  }

  /** Counts what a collection would remove. */
  public WholeCollection.Counted countUnused() throws IOException {
    return new WholeCollection(database, blobs, collectionSteps(), clock).count(Progress.SILENT);
  }

  /** Compares all blobs with the rows, as if they were old, and deletes those without one. */
  public void collectUnnamed() {
    InstantSource later = () -> Instant.now().plus(FindUnnamedBlobs.GRACE).plusSeconds(1);
    run(new FindUnnamedBlobs(database, blobs, later));
    run(
        new DeleteGarbage(
            database, blobs, () -> later.instant().plus(GarbageTable.GRACE).plusSeconds(1)));
  }

  /** How many NARs wait to be chunked. */
  public long waiting() throws IOException {
    return database.chunkingQueue().countUnchunked();
  }

  private void run(Chore<?> chore) {
    Leases ours = leases.isPresent() ? leases.get() : Leases.ALONE;
    new Chores(List.of(chore), ours, Runnable::run, 1, clock).wake();
  }
}
