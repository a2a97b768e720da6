package narthex.wiring;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import narthex.blob.BlobStore;
import narthex.chunk.ChunkStore;
import narthex.chunk.OtherSizesException;
import narthex.db.Database;
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
import narthex.ingest.Replicas;
import narthex.ingest.UploadFlights;
import narthex.maintain.CollectionRounds;
import narthex.maintain.DatabaseLeases;
import narthex.maintain.Deletion;
import narthex.maintain.PinJob;
import narthex.maintain.PinPath;
import narthex.maintain.Pins;
import narthex.maintain.ReplicaChanges;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoSigner;
import narthex.serve.NarLookup;
import narthex.serve.Readiness;
import narthex.settings.CdcSettings;
import narthex.settings.Settings;
import narthex.settings.SettingsException;
import narthex.staging.Flights;
import narthex.staging.GuardedRegistry;
import narthex.staging.InFlightRegistry;
import narthex.staging.LocalRegistry;
import narthex.store.ChunkedNars;
import narthex.store.PopularFiles;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.ZstdFrames;
import narthex.upstream.Upstreams;
import narthex.web.MetricsText;
import narthex.web.RequestObserver;
import narthex.web.Site;

/**
 * Creates the objects of one served cache from its settings and its {@link Base}. Opens no resource
 * and starts no thread, so there is nothing to close.
 */
public final class Assembly {
  /** Folder for local files of popular NARs, below the data directory. */
  private static final String NAR_CACHE = "nar-cache";

  private final Settings settings;
  private final Base base;
  private final Flights flights = new Flights();
  private final Replicas replicas;
  private final StoredNars stored;
  private final ChunkStore chunkStore;
  private final ChunkedNars chunked;
  private final CollectionRounds rounds;
  private final NarIngest ingest;
  private final DocumentIngest documents;
  private final NarInfoSigner signer;
  private final Advertising advertising;
  private final Site.Lookups lookups;
  private final Site.Uploads uploads;
  private final NarInfoFetch narInfos;
  private final NarDownload download;
  private final Pins pins;
  private final Deletion deletion;

  /**
   * The resources that a served cache uses. Their opener closes them.
   *
   * @param shared the stores and the cluster
   * @param upstreams the upstreams
   * @param decoders limits the memory of decoders
   * @param threads the thread pools
   * @param clock the present time
   */
  public record Base(
      Shared shared,
      Upstreams upstreams,
      DecoderBudget decoders,
      Threads threads,
      InstantSource clock) {
    private Database database() {
      return shared.database();
    }

    private BlobStore blobs() {
      return shared.blobs();
    }
  }

  /**
   * What the replicas of a cluster share.
   *
   * @param database the rows
   * @param blobs the bytes
   * @param cluster the registry of the replicas; empty if the server is alone
   */
  public record Shared(Database database, BlobStore blobs, Optional<InFlightRegistry> cluster) {}

  /**
   * The thread pools.
   *
   * @param tasks for work that requests wait for; starts each task at once
   * @param checkers for verifying incoming NARs; starts each task at once
   * @param prefetchers for downloads that no client waits for; may reject tasks
   */
  public record Threads(
      ExecutorService tasks, ExecutorService checkers, ExecutorService prefetchers) {}

  /**
   * Creates all objects.
   *
   * @throws IOException if the database can't be read
   * @throws SettingsException if a signing key can't be read, or if the chunk sizes aren't valid or
   *     aren't those of the stored chunks
   */
  public Assembly(Settings settings, Base base) throws IOException {
    this.settings = settings;
    this.base = base;
    this.signer = Policies.signer(settings, base.database().cluster());
    this.stored =
        new StoredNars(
            base.blobs(), base.database(), base.clock(), settings.narInfos().memoryTtl());
    this.chunkStore = chunks();
    this.rounds =
        new CollectionRounds(
            base.database(),
            chunkStore.writers(),
            base.shared().cluster().map(InFlightRegistry::self).orElse("alone"),
            base.clock());
    this.chunked = new ChunkedNars(chunkStore, base.database(), stored, base.clock());
    this.ingest =
        new NarIngest(
            stored, chunked, base.blobs(), base.threads().checkers(), base.decoders(), partBytes());
    this.replicas = replicas();
    this.documents = new DocumentIngest(base.blobs(), base.database(), base.clock());
    this.advertising = new Advertising(Policies.mode(settings), Policies.advertised(settings));
    this.narInfos = new NarInfoFetch(base.upstreams(), base.database(), base.clock());
    this.download = makeDownload();
    this.lookups = makeLookups();
    this.uploads = makeUploads();
    this.pins = new Pins(base.database(), base.clock());
    this.deletion = new Deletion(base.database(), stored, pins, base.clock());
    base.shared()
        .cluster()
        .ifPresent(registry -> ReplicaChanges.connect(registry, stored, base.threads().tasks()));
  }

  /** Whole files are stored in parts only where other replicas read them meanwhile. */
  private OptionalLong partBytes() {
    return base.shared().cluster().isPresent()
        ? OptionalLong.of(Policies.chunks(settings).packBytes())
        : OptionalLong.empty();
  }

  private Replicas replicas() {
    InFlightRegistry registry =
        base.shared()
            .cluster()
            .<InFlightRegistry>map(GuardedRegistry::new)
            .orElseGet(() -> new LocalRegistry(new LocalRegistry.Board(base.clock()), "alone"));
    return new Replicas(
        registry,
        base.blobs(),
        stored,
        base.database(),
        base.decoders().share(Work.READING),
        base.threads().tasks());
  }

  private ChunkStore chunks() throws IOException {
    ChunkStore chunks =
        new ChunkStore(
            base.blobs(), base.database(), Policies.chunks(settings), base.threads().tasks());
    base.database().collection().repacking().keepCodec(ZstdFrames.version());
    if (Policies.mode(settings) != CdcMode.OFF) {
      try {
        chunks.requireSameSizes();
      } catch (OtherSizesException e) {
        throw settings.problem(CdcSettings.CDC_ALLOW_OTHER_SIZES, String.valueOf(e.getMessage()));
      }
    }
    return chunks;
  }

  private NarDownload makeDownload() {
    return new NarDownload(
        new NarSources(base.upstreams(), narInfos, stored),
        ingest,
        flights,
        replicas,
        new NarDownload.Threads(base.threads().tasks(), base.threads().prefetchers()),
        Policies.download(settings));
  }

  private Site.Lookups makeLookups() {
    Database database = base.database();
    NarInfoLookup lookup =
        new NarInfoLookup(
            database,
            narInfos,
            download,
            advertising,
            signer,
            stored.uses(),
            Policies.lookup(settings));
    PopularFiles popular = popularFiles();
    NarLookup nars =
        new NarLookup(
            database,
            stored,
            chunked,
            download,
            base.decoders().share(Work.READING),
            popular,
            settings.narInfos().memoryTtl());
    stored.addListeners(lookup, nars, popular);
    DocumentLookup documentLookup = documentLookup();
    ListingLookup listings = new ListingLookup(documentLookup, new ListingIngest(documents), nars);
    NarFiles files = new NarFiles(lookup, nars, documentLookup, listings);
    return new Site.Lookups(lookup, nars, documentLookup, files);
  }

  private PopularFiles popularFiles() {
    return new PopularFiles(
        settings.storage().dataDir().resolve(NAR_CACHE),
        settings.storage().narCacheBytes(),
        base.decoders().share(Work.BACKGROUND),
        base.threads().tasks(),
        base.clock());
  }

  private DocumentLookup documentLookup() {
    return new DocumentLookup(
        base.database(),
        base.blobs(),
        new DocumentFetch(base.upstreams(), documents, settings.uploading().maxDocumentBytes()),
        documents,
        signer,
        base.decoders().share(Work.READING));
  }

  private Site.Uploads makeUploads() {
    return new Site.Uploads(
        Policies.uploads(settings),
        new NarInfoUpload(
            Policies.narInfo(settings), base.database(), stored, base.upstreams(), base.clock()),
        new NarUpload(
            ingest,
            base.database(),
            new UploadFlights(flights, replicas),
            settings.uploading().maxNarBytes(),
            Policies.mode(settings)),
        new DocumentUpload(
            Policies.document(settings),
            documents,
            base.upstreams(),
            base.decoders().share(Work.UPLOADS)));
  }

  /**
   * Returns a new site with these lookups, uploads and deletions.
   *
   * @param resources limited resources that requests share
   * @param administration what administrators see and do
   * @param cluster its cluster
   * @param observer is told of every request that has ended
   * @param metrics the figures of the server
   * @throws SettingsException if a token file can't be read
   */
  Site site(
      Site.Resources resources,
      Site.Administration administration,
      Readiness.Cluster cluster,
      RequestObserver observer,
      MetricsText metrics) {
    return new Site(
        Policies.siteInfo(settings.site(), signer),
        Policies.accessRule(settings.access(), settings.metrics()),
        advertising,
        lookups,
        uploads,
        new Site.Deletions(Policies.deletions(settings), deletion),
        administration,
        new Readiness(
            base.database(),
            base.blobs(),
            () -> UpstreamAssembly.states(base.upstreams()),
            cluster),
        resources,
        observer,
        metrics);
  }

  /** Returns what deletes store paths and NARs. */
  Deletion deletion() {
    return deletion;
  }

  /** Returns the store of chunks. */
  public ChunkStore chunkStore() {
    return chunkStore;
  }

  /** Returns the pins. */
  public Pins pins() {
    return pins;
  }

  /** Returns the job that pins paths. */
  public PinJob pinJob() {
    PinPath.Sources sources =
        new PinPath.Sources(base.database(), stored, narInfos, download, base.threads().tasks());
    return new PinJob(pins, sources, base.clock());
  }

  /** Returns what decides when the collection of chunks may remove them. */
  public CollectionRounds rounds() {
    return rounds;
  }

  /** Returns new leases for the chores; empty if the server is alone. The caller closes them. */
  public Optional<DatabaseLeases> leases() {
    return base.shared()
        .cluster()
        .map(registry -> new DatabaseLeases(base.database().leases(), registry, base.clock()));
  }

  /** Returns the lookups for GET and HEAD. */
  public Site.Lookups lookups() {
    return lookups;
  }

  /** Returns what fetches NARs. */
  NarDownload download() {
    return download;
  }

  /** Returns the handlers of uploads. */
  public Site.Uploads uploads() {
    return uploads;
  }

  /** Returns the stored NARs. */
  public StoredNars stored() {
    return stored;
  }

  /** Returns the NARs that are stored as chunks. */
  public ChunkedNars chunked() {
    return chunked;
  }

  /** Returns the NARs in flight. */
  public Flights flights() {
    return flights;
  }
}
