package narthex.testing.node;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.ingest.CdcMode;
import narthex.ingest.NarInfoUpload;
import narthex.ingest.NarUpload;
import narthex.nix.NarInfo;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.serve.Advertising;
import narthex.serve.NarInfoLookup;
import narthex.serve.NarInfoLookup.Prefetch;
import narthex.serve.NarLookup;
import narthex.serve.ServedNarInfo;
import narthex.settings.Settings;
import narthex.staging.Flights;
import narthex.staging.InFlightRegistry;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.testing.FaultyUpstream;
import narthex.testing.FileTrees;
import narthex.upstream.Upstreams;
import narthex.wiring.Assembly;
import narthex.wiring.ThreadPools;
import narthex.wiring.UpstreamAssembly;

/** One server without HTTP, over a folder. Closing it does not delete the folder. */
public final class Node implements AutoCloseable {
  /** The key that nodes sign with unless told otherwise. */
  public static final SecretKey KEY = SecretKey.generate("node-1", new SecureRandom());

  /** The longest document that it takes. */
  static final int MAX_DOCUMENT_BYTES = 1 << 20;

  /** The longest wait for what a node does. */
  static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Opens a database. */
  @FunctionalInterface
  public interface DatabaseOpening {
    /** Opens the database at this address; the node closes it. */
    Database open(DatabaseAddress address) throws IOException;
  }

  /** How a node is made. Immutable. */
  public static final class Options {
    Duration read = PATIENCE.multipliedBy(3); // or the end of a stall would hide that nothing moved
    Duration retryWithin = Duration.ofMillis(300);
    Duration revalidateAfter = Duration.ofHours(1);
    long memoryBytes;
    Duration memoryTtl = Duration.ofMinutes(1);
    Prefetch prefetch = Prefetch.OFF;
    Duration negativeTtl = Duration.ZERO;
    List<SecretKey> keys = List.of(KEY);
    private InstantSource clock = InstantSource.system();
    private UnaryOperator<BlobStore> blobs = UnaryOperator.identity();
    CdcMode mode = CdcMode.OFF;
    private long decoderBytes;
    Advertising.Chunked advertised = Advertising.Chunked.AS_NONE;
    List<PublicKey> upstreamKeys = List.of(Sample.KEY.publicKey());
    List<PublicKey> uploaderKeys = List.of();
    private Optional<InFlightRegistry> cluster = Optional.empty();
    private Optional<DatabaseAddress> database = Optional.empty();
    private DatabaseOpening opening = Database::open;

    private Options() {}

    /** What most tests want: nothing remembered but rows. */
    public static Options usual() {
      return new Options();
    }

    private Options with(Consumer<Options> change) {
      Options other = new Options();
      other.read = read;
      other.retryWithin = retryWithin;
      other.revalidateAfter = revalidateAfter;
      other.memoryBytes = memoryBytes;
      other.memoryTtl = memoryTtl;
      other.prefetch = prefetch;
      other.negativeTtl = negativeTtl;
      other.keys = keys;
      other.clock = clock;
      other.blobs = blobs;
      other.mode = mode;
      other.decoderBytes = decoderBytes;
      other.advertised = advertised;
      other.upstreamKeys = upstreamKeys;
      other.uploaderKeys = uploaderKeys;
      other.cluster = cluster;
      other.database = database;
      other.opening = opening;
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

    /** How long requests to an upstream are repeated; {@code usual} is short. */
    public Options withRetryWithin(Duration within) {
      return with(other -> other.retryWithin = within);
    }

    /** The same with another time-out: the longest silence of an upstream. */
    public Options withRead(Duration read) {
      return with(other -> other.read = read);
    }

    /** The same with so much memory for narinfos; 0 keeps none. */
    public Options withMemory(long bytes) {
      return with(other -> other.memoryBytes = bytes);
    }

    /** The same with what is in memory kept so long. */
    public Options withMemoryTtl(Duration ttl) {
      return with(other -> other.memoryTtl = ttl);
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

    /** The same with these keys of its upstreams. */
    Options withUpstreamKeys(List<PublicKey> keys) {
      return with(other -> other.upstreamKeys = keys);
    }

    /** The same with these keys of uploaders; without any, nothing has to be signed. */
    Options withUploaderKeys(List<PublicKey> keys) {
      return with(other -> other.uploaderKeys = keys);
    }

    /** The same with this clock. */
    public Options withClock(InstantSource clock) {
      return with(other -> other.clock = clock);
    }

    /** The same as one of several replicas. */
    public Options withCluster(InFlightRegistry registry) {
      return with(other -> other.cluster = Optional.of(registry));
    }

    /** The same with its rows in this database, not in a file of its folder. */
    public Options withDatabase(DatabaseAddress address) {
      return with(other -> other.database = Optional.of(address));
    }

    /** The same with its database opened so. */
    public Options withOpening(DatabaseOpening opening) {
      return with(other -> other.opening = opening);
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
  private final Assembly.Base base;
  private final Assembly assembly;
  private final NodeChores chores;

  private Node(Path folder, Options options, List<FaultyUpstream> sources) throws IOException {
    this.folder = folder;
    Settings settings = new NodeSettings(options).read(folder, sources);
    DatabaseAddress own = new DatabaseAddress(settings.database().url(), null, null, null);
    this.database = options.opening.open(options.database.orElse(own));
    this.blobs = options.blobs.apply(DirectoryBlobStore.open(blobFolder(folder)));
    Assembly.Threads threads =
        new Assembly.Threads(
            running.counted(ThreadPools.unbounded("node")),
            running.counted(ThreadPools.unbounded("node-check")),
            running.counted(ThreadPools.prefetching("node-prefetch")));
    this.decoders =
        options.decoderBytes == 0
            ? DecoderBudget.inHeap(0)
            : new DecoderBudget(options.decoderBytes);
    this.upstreams =
        UpstreamAssembly.open(settings, threads.tasks(), decoders.share(Work.DOWNLOADS));
    Assembly.Shared shared = new Assembly.Shared(database, blobs, options.cluster);
    this.base = new Assembly.Base(shared, upstreams, decoders, threads, options.clock);
    this.assembly = new Assembly(settings, base);
    this.chores = new NodeChores(assembly, base);
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

  /** The same over what this one stands on, with other options. */
  Assembly assembly(Options other) throws IOException {
    return new Assembly(new NodeSettings(other).read(folder, List.of()), base);
  }

  /** What it is made of. */
  Assembly assembly() {
    return assembly;
  }

  /** The bytes. */
  public BlobStore blobs() {
    return blobs;
  }

  /** Where NARs are found. */
  public NarLookup nars() {
    return assembly.lookups().nars();
  }

  /** The memory of its decoders. */
  public DecoderBudget decoders() {
    return decoders;
  }

  /** Where narinfos are found. */
  public NarInfoLookup narInfos() {
    return assembly.lookups().narInfos();
  }

  /** Takes NAR files of at most 1 MiB, decoded. */
  public NarUpload narUpload() {
    return assembly.uploads().nars();
  }

  /** Takes narinfos, signed or not. */
  public NarInfoUpload narInfoUpload() {
    return assembly.uploads().narInfos();
  }

  /** What is done in the background. */
  public NodeChores chores() {
    return chores;
  }

  /** What is in flight. */
  public Flights flights() {
    return assembly.flights();
  }

  /** The rows. */
  public Database database() {
    return database;
  }

  /** Asks for a narinfo as a client does; empty is a miss. */
  public Optional<NarInfo> narInfo(Sample sample) throws IOException {
    Optional<ServedNarInfo> served = narInfos().find(sample.hash());
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

  static Path blobFolder(Path folder) {
    return folder.resolve("store");
  }

  static List<Path> files(Path below) {
    try {
      return FileTrees.files(below);
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
