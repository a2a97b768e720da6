package narthex.wiring;

import java.util.ArrayList;
import java.util.List;
import narthex.blob.BlobStore;
import narthex.blob.CountingBlobStore;
import narthex.chunk.PackCompaction;
import narthex.db.Database;
import narthex.ingest.CdcMode;
import narthex.maintain.Chore;
import narthex.maintain.ChunkFiles;
import narthex.maintain.CollectChunks;
import narthex.maintain.CompactPacks;
import narthex.maintain.DeleteFiles;
import narthex.maintain.DeleteGarbage;
import narthex.maintain.Eviction;
import narthex.maintain.FindUnnamedBlobs;
import narthex.maintain.HashFrames;
import narthex.maintain.Idle;
import narthex.maintain.Leases;
import narthex.maintain.MigrateJob;
import narthex.maintain.RepackPacks;
import narthex.maintain.SweepNars;
import narthex.maintain.WholeCollection;
import narthex.serve.Advertising;
import narthex.settings.Settings;
import narthex.stream.DecoderBudget.Work;

/** Creates the background work of one served cache. Starts no thread. */
final class ChoreAssembly {
  private final Settings settings;
  private final Assembly.Base base;
  private final Assembly assembly;
  private final ChunkFiles chunkFiles;
  private final SweepNars sweepNars;
  private final CollectChunks collectChunks;
  private final PackCompaction compaction;
  private final Idle idle;
  private final CompactPacks compactPacks;

  /**
   * @param base what the assembly was made of
   * @param idle knows whether clients are being served
   */
  ChoreAssembly(Settings settings, Assembly.Base base, Assembly assembly, Idle idle) {
    this.settings = settings;
    this.base = base;
    this.assembly = assembly;
    Database database = base.shared().database();
    Settings.Collecting collecting = settings.collecting();
    this.chunkFiles =
        new ChunkFiles(
            database,
            assembly.stored(),
            assembly.chunked(),
            base.decoders().share(Work.BACKGROUND));
    this.sweepNars =
        new SweepNars(database, assembly.deletion(), settings.uploading().grace(), base.clock());
    this.collectChunks =
        new CollectChunks(database, assembly.rounds(), collecting.period(), base.clock());
    this.idle = () -> assembly.flights().size() == 0 && idle.isIdle();
    this.compaction = new PackCompaction(assembly.chunkStore(), collecting.repackLevel());
    this.compactPacks =
        new CompactPacks(database, compaction, collecting.compactBelow(), this.idle, base.clock());
  }

  /** Returns the background chores that the settings require. */
  List<Chore<?>> chores() {
    Database database = base.shared().database();
    BlobStore blobs = base.shared().blobs();
    Settings.Chunking chunking = settings.chunking();
    List<Chore<?>> chores = new ArrayList<>();
    if (Policies.mode(settings) != CdcMode.OFF) {
      chores.add(chunkFiles);
    }
    if (Policies.advertised(settings) == Advertising.Chunked.AS_ZSTD) {
      chores.add(new HashFrames(database, assembly.stored(), assembly.chunked()));
    }
    chores.add(new DeleteFiles(database, assembly.stored(), chunking.deleteDelay(), base.clock()));
    chores.add(sweepNars);
    chores.add(collectChunks);
    chores.add(compactPacks);
    if (compaction.level().isPresent()) {
      chores.add(new RepackPacks(database, compaction, idle, base.clock()));
    }
    chores.add(new FindUnnamedBlobs(database, blobs, base.clock()));
    chores.add(new DeleteGarbage(database, blobs, base.clock()));
    return chores;
  }

  /** Returns the job that changes how NARs are stored. */
  MigrateJob migration() {
    return new MigrateJob(
        new MigrateJob.Store(
            base.shared().database(),
            base.shared().blobs(),
            assembly.stored(),
            assembly.chunked(),
            assembly.chunkStore(),
            base.decoders().share(Work.BACKGROUND)),
        chunkFiles,
        Policies.mode(settings),
        new BlobTargets(settings.storage()));
  }

  /** Returns a collection on demand, which excludes the chores that do the same. */
  WholeCollection collection() {
    return new WholeCollection(
        base.shared().database(),
        base.shared().blobs(),
        new WholeCollection.Steps(sweepNars, collectChunks, compactPacks),
        base.clock());
  }

  /**
   * Returns an eviction that holds the limits of the settings.
   *
   * @param blobs counts the stored bytes
   * @param collectSoon requests that chunks without a NAR are deleted soon
   */
  Eviction eviction(CountingBlobStore blobs, Leases leases, Runnable collectSoon) {
    return new Eviction(
        Policies.eviction(settings),
        new Eviction.Nars(
            base.shared().database(), assembly.stored(), base.upstreams(), assembly.pins()),
        blobs,
        () -> BlobStores.freeBytes(settings.storage().blobs()).orElse(Long.MAX_VALUE),
        new Eviction.Means(leases, base.threads().tasks(), collectSoon),
        base.clock());
  }
}
