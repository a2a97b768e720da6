package narthex.wiring;

import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.logging.Logger;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.chunk.ChunkStore;
import narthex.chunk.OtherSizesException;
import narthex.db.Database;
import narthex.db.DatabaseSettings;
import narthex.document.DocumentFetch;
import narthex.document.DocumentIngest;
import narthex.document.DocumentLookup;
import narthex.document.DocumentUpload;
import narthex.document.ListingIngest;
import narthex.document.ListingLookup;
import narthex.document.NarFiles;
import narthex.ingest.CdcMode;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoFetch;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarIngest;
import narthex.ingest.NarSources;
import narthex.ingest.NarUpload;
import narthex.maintain.Chore;
import narthex.maintain.Chores;
import narthex.maintain.ChunkFiles;
import narthex.maintain.DeleteFiles;
import narthex.maintain.DeleteGarbage;
import narthex.maintain.Deletion;
import narthex.maintain.FindUnnamedBlobs;
import narthex.maintain.HashFrames;
import narthex.maintain.SweepNars;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoSigner;
import narthex.serve.NarLookup;
import narthex.serve.Readiness;
import narthex.serve.SiteInfo;
import narthex.staging.InFlightRegistry;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.upstream.Upstreams;
import narthex.web.AccessRule;
import narthex.web.BodyPace;
import narthex.web.DeletionSwitch;
import narthex.web.UploadSwitch;

/** All objects of one deployment, made from its settings; closed in the opposite order. */
final class Components implements Closeable {
  private static final System.Logger LOG = System.getLogger(Components.class.getName());

  private final Deque<Closeable> closeables;
  private final NarInfoLookup narInfoLookup;
  private final NarLookup narLookup;
  private final DecoderBudget decoders;
  private final Advertising advertising;
  private final UploadSwitch uploads;
  private final NarUpload narUpload;
  private final NarInfoUpload narInfoUpload;
  private final DeletionSwitch deletions;
  private final Deletion deletion;
  private final DocumentLookup documentLookup;
  private final NarFiles narFiles;
  private final DocumentUpload documentUpload;
  private final Readiness readiness;
  private final SiteInfo siteInfo;
  private final AccessRule accessRule;
  private final BodyPace bodyPace;

  private Components(Settings settings, String context, Deque<Closeable> closeables)
      throws IOException {
    this.closeables = closeables;
    InstantSource clock = InstantSource.system();
    this.decoders = DecoderBudget.inHeap(settings.chunking().store().sizes().max());
    hold(settings.storage().dataDir(), context);
    NarInfoSigner signer = Policies.signer(settings);
    this.accessRule = Policies.accessRule(settings.access());
    this.siteInfo = Policies.siteInfo(settings.site(), signer);
    Database database = database(settings.database());
    BlobStore blobs = blobs(settings.storage().blobRoot());
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-timer"));
    this.bodyPace =
        new BodyPace(settings.bodies().idleTimeout(), settings.bodies().minBytesPerSecond(), timer);
    ExecutorService tasks = stopping(ThreadPools.unbounded("narthex"));
    ExecutorService checkers = stopping(ThreadPools.unbounded("narthex-check"));
    DecoderShare reading = decoders.share(Work.READING);
    ExecutorService prefetchers = stopping(ThreadPools.prefetching("narthex-prefetch"));
    Upstreams upstreams = UpstreamAssembly.open(settings, tasks, decoders.share(Work.DOWNLOADS));
    closeables.push(upstreams);
    CdcMode mode = settings.chunking().mode();
    InFlightRegistry flights = new InFlightRegistry();
    NarDownload.Threads threads = new NarDownload.Threads(tasks, prefetchers);
    StoredNars stored = new StoredNars(blobs, database, clock);
    ChunkedNars chunked = chunked(settings.chunking(), blobs, database, stored, tasks);
    NarIngest ingest = new NarIngest(stored, chunked, blobs, checkers, decoders);
    NarInfoFetch narInfos = new NarInfoFetch(upstreams, database, clock);
    NarSources sources = new NarSources(upstreams, narInfos, stored);
    NarDownload download =
        new NarDownload(sources, ingest, database, flights, threads, Policies.download(settings));
    this.advertising = new Advertising(mode, settings.chunking().advertised());
    this.narInfoLookup =
        new NarInfoLookup(
            database, narInfos, download, advertising, signer, clock, Policies.lookup(settings));
    this.narLookup = new NarLookup(database, stored, chunked, flights, download, reading);
    stored.addListeners(narInfoLookup, narLookup);
    this.uploads = Policies.uploads(settings);
    this.narUpload = new NarUpload(ingest, database, settings.uploading().maxNarBytes(), mode);
    this.narInfoUpload =
        new NarInfoUpload(Policies.narInfo(settings), database, stored, upstreams, clock);
    this.deletions = Policies.deletions(settings);
    DocumentIngest documents = new DocumentIngest(blobs, database, clock);
    this.deletion = new Deletion(database, stored, clock);
    startChores(settings, database, blobs, stored, chunked);
    this.documentLookup =
        new DocumentLookup(
            database,
            blobs,
            new DocumentFetch(upstreams, documents, settings.uploading().maxDocumentBytes()),
            documents,
            signer,
            reading);
    ListingLookup listings =
        new ListingLookup(documentLookup, new ListingIngest(documents), narLookup);
    this.narFiles = new NarFiles(narInfoLookup, narLookup, documentLookup, listings);
    DecoderShare puts = decoders.share(Work.UPLOADS);
    this.documentUpload =
        new DocumentUpload(Policies.document(settings), documents, upstreams, puts);
    this.readiness = new Readiness(database, blobs, () -> UpstreamAssembly.states(upstreams));
  }

  /**
   * Makes everything.
   *
   * @param context what the deployment is called
   * @throws IOException if the storage cannot be opened; what was opened is closed again
   */
  static Components open(Settings settings, String context) throws IOException {
    Deque<Closeable> closeables = new ArrayDeque<>();
    try {
      return new Components(settings, context, closeables);
    } catch (IOException | RuntimeException | Error e) {
      closeAll(closeables);
      throw e;
    }
  }

  /** The same, which is stopped when everything is closed. */
  private <T extends ExecutorService> T stopping(T executor) {
    closeables.push(() -> ThreadPools.stop(executor));
    return executor;
  }

  private void hold(Path dataDir, String context) {
    String holder = "process " + ProcessHandle.current().pid() + ", context " + context;
    closeables.push(
        Opening.of(SettingTable.DATA_DIR.name(), () -> DataFolder.hold(dataDir, holder)));
  }

  private BlobStore blobs(Path root) {
    BlobStore blobs = Opening.of(SettingTable.BLOB_URL.name(), () -> DirectoryBlobStore.open(root));
    closeables.push(blobs);
    return blobs;
  }

  private Database database(DatabaseSettings settings) {
    String setting =
        settings.jndi() == null
            ? SettingTable.DATABASE_URL.name()
            : SettingTable.DATABASE_JNDI.name();
    // The pool would log with its whole trace what is thrown here and said in one line.
    Logger pool = Logger.getLogger("com.zaxxer.hikari.pool.HikariPool");
    java.util.logging.Level before = pool.getLevel();
    pool.setLevel(java.util.logging.Level.OFF);
    try {
      Database database = Opening.of(setting, () -> Database.open(settings));
      closeables.push(database::close);
      return database;
    } finally {
      pool.setLevel(before);
    }
  }

  private static ChunkedNars chunked(
      Settings.Chunking settings,
      BlobStore blobs,
      Database database,
      StoredNars stored,
      ExecutorService packers)
      throws IOException {
    ChunkStore chunks = new ChunkStore(blobs, database, settings.store(), packers);
    if (settings.mode() != CdcMode.OFF) {
      try {
        chunks.requireSameSizes();
      } catch (OtherSizesException e) {
        throw new SettingsException(
            CdcSettings.CDC_ALLOW_OTHER_SIZES.name(), null, String.valueOf(e.getMessage()));
      }
    }
    return new ChunkedNars(chunks, database, stored, InstantSource.system());
  }

  /** Starts what no request waits for. */
  private void startChores(
      Settings all, Database database, BlobStore blobs, StoredNars stored, ChunkedNars chunked) {
    InstantSource clock = InstantSource.system();
    ScheduledExecutorService timer = stopping(ThreadPools.timer("narthex-maintain"));
    Settings.Chunking settings = all.chunking();
    Duration delay = settings.deleteDelay();
    List<Chore<?>> work = new ArrayList<>();
    if (settings.mode() != CdcMode.OFF) {
      work.add(new ChunkFiles(database, stored, chunked, decoders.share(Work.BACKGROUND)));
    }
    if (settings.advertised() == Advertising.Chunked.AS_ZSTD) {
      work.add(new HashFrames(database, stored, chunked));
    }
    work.add(new DeleteFiles(database, stored, delay, clock));
    work.add(new SweepNars(database, deletion, all.uploading().grace(), clock));
    work.add(new FindUnnamedBlobs(database, blobs, clock));
    work.add(new DeleteGarbage(database, blobs, clock));
    ExecutorService workers =
        stopping(ThreadPools.background("narthex-background", settings.workers()));
    Chores chores = new Chores(work, workers, settings.workers(), clock);
    closeables.push(chores);
    stored.addListeners(chores);
    Duration grace = all.uploading().grace();
    chores.schedule(timer, delay.compareTo(grace) < 0 ? delay : grace);
  }

  NarInfoLookup narInfoLookup() {
    return narInfoLookup;
  }

  NarLookup narLookup() {
    return narLookup;
  }

  Advertising advertising() {
    return advertising;
  }

  UploadSwitch uploads() {
    return uploads;
  }

  NarUpload narUpload() {
    return narUpload;
  }

  NarInfoUpload narInfoUpload() {
    return narInfoUpload;
  }

  DecoderBudget decoderBudget() {
    return decoders;
  }

  DeletionSwitch deletions() {
    return deletions;
  }

  Deletion deletion() {
    return deletion;
  }

  NarFiles narFiles() {
    return narFiles;
  }

  DocumentLookup documentLookup() {
    return documentLookup;
  }

  DocumentUpload documentUpload() {
    return documentUpload;
  }

  Readiness readiness() {
    return readiness;
  }

  SiteInfo siteInfo() {
    return siteInfo;
  }

  AccessRule accessRule() {
    return accessRule;
  }

  BodyPace bodyPace() {
    return bodyPace;
  }

  @Override
  public void close() {
    closeAll(closeables);
  }

  private static void closeAll(Deque<Closeable> closeables) {
    for (Closeable closeable : closeables) {
      try {
        closeable.close();
      } catch (IOException | RuntimeException e) {
        LOG.log(Level.WARNING, "not closed cleanly", e);
      }
    }
  }
}
