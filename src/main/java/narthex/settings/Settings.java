package narthex.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import narthex.nix.Compression;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * The validated settings of one deployment, read once at the start. Immutable. All paths are
 * absolute. No {@code toString} prints a secret.
 *
 * @param configFile the configuration file for the whole server, or null if none was found
 * @param site identity of this binary cache
 * @param http where the standalone server listens
 * @param log the log of the standalone server
 * @param storage the directories
 * @param database address and credentials of the database
 * @param search settings that all upstreams share
 * @param upstreams the upstreams in the configured order, may be empty; their URLs may contain
 *     passwords
 * @param signing the signing keys
 * @param access access control
 * @param metrics who may read metrics, and where they are pushed to
 * @param bodies pace required of request bodies
 * @param readers pace required of clients that download
 * @param narInfos caching of narinfos
 * @param fetching downloading of NARs from upstreams
 * @param chunking content-defined chunking of NARs
 * @param eviction when and what to evict
 * @param collecting collection of chunks that no NAR refers to
 * @param scrub when to read the whole store; empty for never
 * @param uploading uploads and deletions by clients
 * @param cluster the replicas
 * @param origins the source of each configured setting, by its name; settings without a source are
 *     absent
 */
public record Settings(
    @Nullable Path configFile,
    Site site,
    Http http,
    LogSettings log,
    Storage storage,
    Database database,
    Search search,
    List<Upstream> upstreams,
    Signing signing,
    Access access,
    MetricsSettings metrics,
    Bodies bodies,
    Readers readers,
    NarInfos narInfos,
    Fetching fetching,
    Chunking chunking,
    EvictionSettings eviction,
    Collecting collecting,
    Optional<ScrubSettings.Policy> scrub,
    Uploading uploading,
    ClusterSettings cluster,
    Map<String, String> origins) {

  /** Copies the collections. */
  public Settings {
    origins = Map.copyOf(origins);
    upstreams = List.copyOf(upstreams);
  }

  /**
   * Identity of this binary cache, as shown to clients.
   *
   * @param hostname the name of this binary cache
   * @param storeDir the store directory, such as /nix/store
   * @param wantMassQuery WantMassQuery of nix-cache-info
   * @param priority Priority of nix-cache-info
   */
  public record Site(String hostname, String storeDir, boolean wantMassQuery, int priority) {}

  /**
   * Where the standalone server listens.
   *
   * @param address the address
   * @param port the port; 0 for any free port
   * @param threads number of request threads, also in an application server; 0 if not configured
   * @param connections most connections; 0 if not configured
   * @param sendBufferBytes send buffer of a connection in the kernel; 0 for the system's
   * @param stopDelay how long it says that it is about to stop, before it stops to listen
   */
  public record Http(
      String address,
      int port,
      int threads,
      int connections,
      int sendBufferBytes,
      Duration stopDelay) {}

  /**
   * The places. Directories may not exist yet.
   *
   * @param dataDir the data directory
   * @param blobs the directory or bucket of the blob store
   * @param bucket how a bucket is used
   * @param narCacheBytes limit of the local files of popular NARs; 0 to keep none
   */
  public record Storage(Path dataDir, BlobPlace blobs, BucketSettings bucket, long narCacheBytes) {}

  /**
   * Address and credentials of the database. Exactly one of {@code url} and {@code jndi} is given.
   *
   * @param url the JDBC URL, which may contain a password, or null
   * @param user the user, or null
   * @param password the password, or null
   * @param jndi the JNDI name of a data source of the application server, or null
   */
  public record Database(
      @Nullable String url,
      @Nullable String user,
      @Nullable String password,
      @Nullable String jndi) {
    /** Omits the URL and the password. */
    @Override
    public String toString() {
      return "Database[user=" + user + ", jndi=" + jndi + "]";
    }
  }

  /**
   * One upstream.
   *
   * @param url the base URL; may contain a password, which {@code toString} omits
   * @param trustedKeys public keys; a narinfo is trusted if one of them signed it
   * @param priority overrides the Priority in its nix-cache-info; null to use that
   * @param allowUnsigned whether to accept narinfos without a trusted signature
   * @param limits timeouts and limits
   */
  public record Upstream(
      HttpUrl url,
      List<PublicKey> trustedKeys,
      @Nullable Integer priority,
      boolean allowUnsigned,
      Limits limits) {
    /** Copies the list. */
    public Upstream {
      trustedKeys = List.copyOf(trustedKeys);
    }
  }

  /**
   * Timeouts and limits of one upstream.
   *
   * @param connect connect timeout
   * @param read read timeout
   * @param retryWithin how long after its start a failed request may be retried
   * @param maxConnections maximum number of connections for NARs
   * @param failuresToOpen number of consecutive failures that suspend the upstream
   * @param probeAfter time from the suspension to the next probe
   */
  public record Limits(
      Duration connect,
      Duration read,
      Duration retryWithin,
      int maxConnections,
      int failuresToOpen,
      Duration probeAfter) {}

  /**
   * The proxy for all upstreams.
   *
   * @param url the proxy, or null for direct connections
   */
  public record Proxy(@Nullable HttpUrl url) {}

  /**
   * Settings that all upstreams share.
   *
   * @param betterAnswerWait how long a found narinfo waits for an upstream with better priority
   * @param answerWithin timeout for a search for a narinfo in all upstreams, retries included
   * @param negativeTtl how long to remember that no upstream has a path; zero to remember nothing
   * @param negativeEntries maximum number of remembered misses
   * @param network proxy, TLS and credentials
   */
  public record Search(
      Duration betterAnswerWait,
      Duration answerWithin,
      Duration negativeTtl,
      int negativeEntries,
      Network network) {}

  /**
   * Proxy, TLS and credentials for upstreams.
   *
   * @param netrcFile netrc file with passwords, or null
   * @param proxy the configured proxy, or null to use the proxy that the environment or the JVM
   *     names
   * @param trustStore file with additional certificate authorities, or null
   * @param trustStorePassword password of the trust store, or null
   * @param allowedHosts hosts that redirects and narinfo URLs may point to even at a private
   *     address
   */
  public record Network(
      @Nullable Path netrcFile,
      @Nullable Proxy proxy,
      @Nullable Path trustStore,
      @Nullable String trustStorePassword,
      HostPatterns allowedHosts) {

    /** Omits the trust store's password and the proxy, whose URL may contain one. */
    @Override
    public String toString() {
      return "Network[netrcFile=" + netrcFile + ", trustStore=" + trustStore + "]";
    }
  }

  /**
   * The keys that sign.
   *
   * @param keyFiles files with secret keys
   * @param createMissing whether to create a missing key file; true only for the default file
   * @param newKeyName name of a created key
   */
  public record Signing(List<Path> keyFiles, boolean createMissing, String newKeyName) {
    /** Copies the list. */
    public Signing {
      keyFiles = List.copyOf(keyFiles);
    }
  }

  /**
   * Access control.
   *
   * @param metrics the grant for reading metrics
   * @param read the grant for reading
   * @param write the grant for uploading
   * @param admin the grant for deleting
   */
  public record Access(Grant metrics, Grant read, Grant write, Grant admin) {}

  /**
   * Access to one scope.
   *
   * @param tokens tokens that grant the scope
   * @param tokenFile file with additional tokens, or null
   * @param required whether the scope is guarded even if no token is configured
   */
  public record Grant(List<AccessToken> tokens, @Nullable Path tokenFile, boolean required) {
    /** Copies the list. */
    public Grant {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * Pace required of request bodies.
   *
   * @param idleTimeout maximum time without a byte
   * @param minBytesPerSecond on average; 0 is any
   */
  public record Bodies(Duration idleTimeout, long minBytesPerSecond) {}

  /**
   * Pace required of clients that download, while other requests wait for a thread.
   *
   * @param window maximum wait for the client, and time over which the rate is averaged
   * @param minBytesPerSecond on average; 0 is any
   */
  public record Readers(Duration window, long minBytesPerSecond) {}

  /**
   * Caching of narinfos.
   *
   * @param revalidateAfter age after which to request a narinfo from upstream again if its NAR
   *     isn't stored
   * @param memorySizeBytes memory for recent narinfo responses, in bytes
   * @param memoryTtl how long responses and the places of NARs stay in memory
   */
  public record NarInfos(Duration revalidateAfter, long memorySizeBytes, Duration memoryTtl) {}

  /**
   * Downloading of NARs from upstreams.
   *
   * @param prefetch whether to download a NAR as soon as a client requests its narinfo
   */
  public record Fetching(boolean prefetch) {}

  /**
   * Content-defined chunking of NARs.
   *
   * @param mode off, lazy or eager
   * @param sizes sizes of chunks and packs
   * @param allowOtherSizes whether to start although the stored chunks were cut with other sizes
   * @param workers number of NARs to chunk concurrently in the background
   * @param deleteDelay how long to keep the compressed file of a chunked NAR
   * @param advertised the compression that narinfos of chunked NARs advertise
   */
  public record Chunking(
      String mode,
      Sizes sizes,
      boolean allowOtherSizes,
      int workers,
      Duration deleteDelay,
      Compression advertised) {}

  /**
   * Collection of chunks that no NAR refers to.
   *
   * @param period time between two searches
   * @param compactBelow compact a pack if less than this fraction of it is used
   * @param repackLevel zstd level at which packs are compressed again; empty for never
   */
  public record Collecting(Duration period, double compactBelow, OptionalInt repackLevel) {}

  /**
   * Sizes of chunks and packs, in bytes. Not validated against each other here.
   *
   * @param min minimum chunk size
   * @param avg average chunk size
   * @param max maximum chunk size
   * @param pack target pack size
   */
  public record Sizes(long min, long avg, long max, long pack) {}

  /**
   * Uploads and deletions by clients.
   *
   * @param enabled whether to accept uploads
   * @param requireTrusted whether one of {@code trustedKeys} must have signed an uploaded narinfo
   * @param trustedKeys public keys of uploaders; not empty if {@code requireTrusted}
   * @param maxNarBytes maximum size of a NAR, in bytes, uncompressed
   * @param maxDocumentBytes maximum size of any document besides narinfo and NAR, in bytes,
   *     uncompressed; also limits documents from upstreams
   * @param grace how long to keep a NAR that no narinfo references
   * @param deleting whether to accept DELETE requests
   */
  public record Uploading(
      boolean enabled,
      boolean requireTrusted,
      List<PublicKey> trustedKeys,
      long maxNarBytes,
      long maxDocumentBytes,
      Duration grace,
      boolean deleting) {
    /** Copies the list. */
    public Uploading {
      trustedKeys = List.copyOf(trustedKeys);
    }
  }

  /**
   * Reads and validates all settings.
   *
   * @throws SettingsException if a name is unknown, a value is malformed, settings contradict each
   *     other, or a configuration file is missing or unreadable
   */
  public static Settings read(SettingsSources sources) {
    return new SettingsAssembly(sources).settings();
  }

  /** Returns an exception for this setting that names its source; doesn't throw it. */
  public SettingsException problem(Setting<?> setting, String problem) {
    return new SettingsException(setting.name(), origins.get(setting.name()), problem);
  }

  @Override
  public String toString() {
    return "Settings[configFile=" + Objects.toString(configFile) + ", site=" + site + "]";
  }
}
