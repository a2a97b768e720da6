package narthex.testing.node;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.chunk.ChunkStore;
import narthex.db.Database;
import narthex.db.DatabaseSettings;
import narthex.ingest.CdcMode;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoFetch;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarIngest;
import narthex.ingest.NarSources;
import narthex.ingest.NarUpload;
import narthex.maintain.ChunkFiles;
import narthex.maintain.DeleteFiles;
import narthex.maintain.HashFrames;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoLookup.Prefetch;
import narthex.serve.NarInfoSigner;
import narthex.serve.NarLookup;
import narthex.serve.ServedNarInfo;
import narthex.staging.InFlightRegistry;
import narthex.store.ChunkedNars;
import narthex.store.StoredNars;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.FaultyUpstream;
import narthex.testing.StoredChunks;
import narthex.upstream.HttpUrl;
import narthex.upstream.Netrc;
import narthex.upstream.Upstream;
import narthex.upstream.UpstreamSettings;
import narthex.upstream.Upstreams;
import narthex.wiring.ThreadPools;

/** One server without HTTP, over a folder. Closing it does not delete the folder. */
public final class Node implements AutoCloseable {
  /** The key that nodes sign with unless told otherwise. */
  public static final SecretKey KEY = SecretKey.generate("node-1", new SecureRandom());

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final long MAX_UPLOADED_NAR_BYTES = 1 << 20;
  private static final Duration RETRY_WITHIN = Duration.ofMillis(300);

  /** How a node is made. Immutable. */
  public static final class Options {
    private Duration read = Duration.ofSeconds(10);
    private Duration revalidateAfter = Duration.ofHours(1);
    private long memoryBytes;
    private Prefetch prefetch = Prefetch.OFF;
    private Duration negativeTtl = Duration.ZERO;
    private List<SecretKey> keys = List.of(KEY);
    private InstantSource clock = InstantSource.system();
    private UnaryOperator<BlobStore> blobs = UnaryOperator.identity();
    private CdcMode mode = CdcMode.OFF;
    private long decoderBytes;
    private Advertising.Chunked advertised = Advertising.Chunked.AS_NONE;

    private Options() {}

    /** What most tests want: nothing remembered but rows. */
    public static Options usual() {
      return new Options();
    }

    private Options with(Consumer<Options> change) {
      Options other = new Options();
      other.read = read;
      other.revalidateAfter = revalidateAfter;
      other.memoryBytes = memoryBytes;
      other.prefetch = prefetch;
      other.negativeTtl = negativeTtl;
      other.keys = keys;
      other.clock = clock;
      other.blobs = blobs;
      other.mode = mode;
      other.decoderBytes = decoderBytes;
      other.advertised = advertised;
      change.accept(other);
      return other;
    }

    /** The same with chunked NARs advertised so. */
    public Options withChunked(Advertising.Chunked as) {
      return with(other -> other.advertised = as);
    }

    /** The same with so much memory for decoders. */
    public Options withDecoderBytes(long bytes) {
      return with(other -> other.decoderBytes = bytes);
    }

    /** The same in another mode. */
    public Options in(CdcMode mode) {
      return with(other -> other.mode = mode);
    }

    /** The same with another time-out: the longest silence of an upstream. */
    public Options withRead(Duration read) {
      return with(other -> other.read = read);
    }

    /** The same with so much memory for narinfos; 0 keeps none. */
    public Options withMemory(long bytes) {
      return with(other -> other.memoryBytes = bytes);
    }

    /** The same with NARs downloaded as soon as their narinfo is asked for. */
    public Options withPrefetch() {
      return with(other -> other.prefetch = Prefetch.ON);
    }

    /** The same with absences remembered so long. */
    public Options withNegativeTtl(Duration ttl) {
      return with(other -> other.negativeTtl = ttl);
    }

    /** The same with these keys, which it signs with. */
    public Options withKeys(SecretKey... keys) {
      return with(other -> other.keys = List.of(keys));
    }

    /** The same with this clock. */
    public Options withClock(InstantSource clock) {
      return with(other -> other.clock = clock);
    }

    /** The same with this around its blob store. */
    public Options withBlobs(UnaryOperator<BlobStore> around) {
      return with(other -> other.blobs = around);
    }
  }

  private final Path folder;
  private final Tasks running = new Tasks();
  private final DecoderBudget decoders;
  private final Database database;
  private final BlobStore blobs;
  private final Upstreams upstreams;
  private final InFlightRegistry flights = new InFlightRegistry();
  private final NarInfoLookup narInfos;
  private final NarLookup nars;
  private final NodeChores chores;
  private final NarUpload narUpload;
  private final NarInfoUpload narInfoUpload;

  private Node(Path folder, Options options, List<FaultyUpstream> sources) throws IOException {
    this.folder = folder;
    String file = folder.resolve("narthex.db").toString();
    this.database = Database.open(new DatabaseSettings("jdbc:sqlite:" + file, null, null, null));
    this.blobs = options.blobs.apply(DirectoryBlobStore.open(blobFolder(folder)));
    ExecutorService tasks = running.counted(ThreadPools.unbounded("node"));
    ExecutorService checkers = running.counted(ThreadPools.unbounded("node-check"));
    ExecutorService prefetchers = running.counted(ThreadPools.prefetching("node-prefetch"));
    this.decoders =
        options.decoderBytes == 0
            ? DecoderBudget.inHeap(0)
            : new DecoderBudget(options.decoderBytes);
    this.upstreams = upstreams(options, sources, tasks, decoders);
    ChunkStore chunks = StoredChunks.ofUsualSizes(blobs, database, tasks);
    StoredNars stored = new StoredNars(blobs, database, options.clock);
    ChunkedNars chunked = new ChunkedNars(chunks, database, stored, options.clock);
    NarIngest ingest = new NarIngest(stored, chunked, blobs, checkers, decoders);
    NarInfoFetch fetch = new NarInfoFetch(upstreams, database, options.clock);
    NarDownload download =
        new NarDownload(
            new NarSources(upstreams, fetch, stored),
            ingest,
            database,
            flights,
            new NarDownload.Threads(tasks, prefetchers),
            new NarDownload.Policy(MAX_UPLOADED_NAR_BYTES, options.mode));
    this.narInfos =
        new NarInfoLookup(
            database,
            fetch,
            download,
            new Advertising(options.mode, options.advertised),
            new NarInfoSigner(options.keys),
            options.clock,
            new NarInfoLookup.LookupSettings(
                options.revalidateAfter, options.memoryBytes, options.prefetch));
    this.narUpload = new NarUpload(ingest, database, MAX_UPLOADED_NAR_BYTES, options.mode);
    this.narInfoUpload =
        new NarInfoUpload(
            new NarInfoUpload.Policy("/nix/store", NarInfoUpload.Trust.ANY, List.of()),
            database,
            stored,
            upstreams,
            options.clock);
    this.chores =
        new NodeChores(
            database,
            blobs,
            options.clock,
            new ChunkFiles(database, stored, chunked, decoders.share(Work.BACKGROUND)),
            new HashFrames(database, stored, chunked),
            new DeleteFiles(database, stored, NodeChores.DELETE_DELAY, options.clock));
    this.nars =
        new NarLookup(database, stored, chunked, flights, download, decoders.share(Work.READING));
    stored.addListeners(narInfos, nars);
  }

  /** A node over this folder with these upstreams, the first of the best priority. */
  public static Node open(Path folder, Options options, FaultyUpstream... upstreams)
      throws IOException {
    return new Node(folder, options, List.of(upstreams));
  }

  /** The same with the usual options. */
  public static Node open(Path folder, FaultyUpstream... upstreams) throws IOException {
    return open(folder, Options.usual(), upstreams);
  }

  private static Upstreams upstreams(
      Options options,
      List<FaultyUpstream> sources,
      ExecutorService executor,
      DecoderBudget decoders) {
    UpstreamSettings.Limits limits =
        new UpstreamSettings.Limits(
            Duration.ofSeconds(5), options.read, RETRY_WITHIN, 50, 1000, Duration.ofMillis(1));
    Stream<Upstream> made =
        sources.stream()
            .map(
                source ->
                    new Upstream(
                        new UpstreamSettings(
                            HttpUrl.parse(source.url()),
                            List.of(Sample.KEY.publicKey()),
                            sources.indexOf(source),
                            UpstreamSettings.Trust.SIGNED,
                            limits),
                        "/nix/store",
                        Netrc.empty(),
                        decoders.share(Work.DOWNLOADS)));
    return new Upstreams(
        made.toList(),
        new Upstreams.SearchSettings(PATIENCE, PATIENCE, options.negativeTtl, 1000),
        executor);
  }

  /** Where NARs are found. */
  public NarLookup nars() {
    return nars;
  }

  /** The memory of its decoders. */
  public DecoderBudget decoders() {
    return decoders;
  }

  /** Where narinfos are found. */
  public NarInfoLookup narInfos() {
    return narInfos;
  }

  /** Takes NAR files of at most 1 MiB, decoded. */
  public NarUpload narUpload() {
    return narUpload;
  }

  /** Takes narinfos, signed or not. */
  public NarInfoUpload narInfoUpload() {
    return narInfoUpload;
  }

  /** What is done in the background. */
  public NodeChores chores() {
    return chores;
  }

  /** What is in flight. */
  public InFlightRegistry flights() {
    return flights;
  }

  /** The rows. */
  public Database database() {
    return database;
  }

  /** Asks for a narinfo as a client does; empty is a miss. */
  public Optional<NarInfo> narInfo(Sample sample) throws IOException {
    Optional<ServedNarInfo> served = narInfos.find(sample.hash());
    if (served.isEmpty()) {
      return Optional.empty();
    }
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    served.get().writeTo(text);
    return Optional.of(NarInfo.parse(text.toString(StandardCharsets.UTF_8)));
  }

  /** Whether a row says that the sample's NAR is stored. */
  public boolean isStored(Sample sample) throws IOException {
    return database.findNar(sample.id().hash()).isPresent();
  }

  /** Waits until no fetch, no check and no question to an upstream runs. */
  public void awaitIdle() {
    running.awaitIdle(PATIENCE);
  }

  /** The files of committed blobs. */
  public List<Path> blobFiles() {
    return files(blobFolder(folder).resolve("blobs"));
  }

  /** The files of half-written blobs. */
  public List<Path> temporaryFiles() {
    return files(blobFolder(folder).resolve("tmp")).stream()
        .filter(file -> !file.toString().endsWith(".lock"))
        .toList();
  }

  private static Path blobFolder(Path folder) {
    return folder.resolve("store");
  }

  static List<Path> files(Path below) {
    try (Stream<Path> all = Files.walk(below)) {
      return all.filter(Files::isRegularFile).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    upstreams.close();
    running.stop();
    awaitIdle();
    blobs.close();
    database.close();
  }
}
