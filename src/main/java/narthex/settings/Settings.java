package narthex.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import narthex.nix.Compression;
import narthex.nix.HostPatterns;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * All settings, read once at the start. Immutable; every path is absolute, and nothing prints a
 * secret.
 *
 * @param configFile the file that was read, or null if there is none
 * @param site what we say of ourselves
 * @param http where the standalone server listens
 * @param storage where things are kept
 * @param database where the database is
 * @param search how the upstreams are searched together
 * @param upstreams the upstreams in the order given, may be empty; their URLs may hold passwords
 * @param signing the keys that sign
 * @param access who may do what
 * @param bodies how fast bodies of requests have to come
 * @param readers how fast answers have to be read
 * @param narInfos how narinfos are kept
 * @param fetching how NARs are fetched
 * @param chunking when and how NARs are cut into chunks
 * @param uploading what clients may put here and delete
 * @param origins where each setting was written, by its name; only those that were written
 */
public record Settings(
    @Nullable Path configFile,
    Site site,
    Http http,
    Storage storage,
    Database database,
    Search search,
    List<Upstream> upstreams,
    Signing signing,
    Access access,
    Bodies bodies,
    Readers readers,
    NarInfos narInfos,
    Fetching fetching,
    Chunking chunking,
    Uploading uploading,
    Map<String, String> origins) {

  /** Copies the collections. */
  public Settings {
    origins = Map.copyOf(origins);
    upstreams = List.copyOf(upstreams);
  }

  /**
   * What we say of ourselves.
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
   * @param port the port; 0 is any free one
   * @param threads how many threads answer requests, also those of another server; 0 if not set
   */
  public record Http(String address, int port, int threads) {}

  /**
   * Where things are kept. The folders need not exist yet.
   *
   * @param dataDir the folder of everything that is kept
   * @param blobRoot the folder of the blob store
   */
  public record Storage(Path dataDir, Path blobRoot) {}

  /**
   * Where the database is.
   *
   * @param url the JDBC URL, which may hold a password, or null if {@code jndi} is given
   * @param user the user, or null
   * @param password the password, or null
   * @param jndi the name of a data source of the server, or null if {@code url} is given
   */
  public record Database(
      @Nullable String url,
      @Nullable String user,
      @Nullable String password,
      @Nullable String jndi) {
    /** Without the URL and the password. */
    @Override
    public String toString() {
      return "Database[user=" + user + ", jndi=" + jndi + "]";
    }
  }

  /**
   * One upstream.
   *
   * @param url its base, which may hold a password that is not printed
   * @param trustedKeys whose signatures make its narinfos trusted
   * @param priority instead of the Priority in its nix-cache-info, or null
   * @param allowUnsigned whether narinfos without a trusted signature are taken
   * @param limits time-outs and bounds
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
   * Time-outs and bounds of an upstream.
   *
   * @param connect longest time to connect
   * @param read longest silence on an open connection
   * @param retryWithin how long after its start a failed request may be retried
   * @param maxConnections connections for NARs at most
   * @param failuresToOpen failures in a row after which it is left alone
   * @param probeAfter how long it is left alone
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
   * @param url the proxy, or null for none
   */
  public record Proxy(@Nullable HttpUrl url) {}

  /**
   * How the upstreams are searched together.
   *
   * @param betterAnswerWait how long a hit waits for an upstream of better priority
   * @param answerWithin bound of a whole search for a narinfo
   * @param negativeTtl how long a miss is remembered; zero is not at all
   * @param negativeEntries how many misses are remembered
   * @param network how upstreams are reached
   */
  public record Search(
      Duration betterAnswerWait,
      Duration answerWithin,
      Duration negativeTtl,
      int negativeEntries,
      Network network) {}

  /**
   * How upstreams are reached.
   *
   * @param netrcFile file of passwords, or null
   * @param proxy through which proxy, or null for what the environment says
   * @param trustStore file of more certificate authorities, or null
   * @param trustStorePassword its password, or null
   * @param allowedHosts where upstreams may lead whatever the address is
   */
  public record Network(
      @Nullable Path netrcFile,
      @Nullable Proxy proxy,
      @Nullable Path trustStore,
      @Nullable String trustStorePassword,
      HostPatterns allowedHosts) {

    /** Without the password. */
    @Override
    public String toString() {
      return "Network[netrcFile=" + netrcFile + ", trustStore=" + trustStore + "]";
    }
  }

  /**
   * The keys that sign.
   *
   * @param keyFiles the files of secret keys
   * @param createMissing whether a file that is missing is made: only true for the default one
   * @param newKeyName what a key is called that is made
   */
  public record Signing(List<Path> keyFiles, boolean createMissing, String newKeyName) {
    /** Copies the list. */
    public Signing {
      keyFiles = List.copyOf(keyFiles);
    }
  }

  /**
   * Who may do what.
   *
   * @param read who may read
   * @param write who may upload
   * @param admin who may delete
   */
  public record Access(Grant read, Grant write, Grant admin) {}

  /**
   * Who may do one thing.
   *
   * @param tokens tokens that allow it
   * @param tokenFile file of more tokens, or null
   * @param required whether it needs a token or a role even if there is no token
   */
  public record Grant(List<AccessToken> tokens, @Nullable Path tokenFile, boolean required) {
    /** Copies the list. */
    public Grant {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * How fast bodies of requests have to come.
   *
   * @param idleTimeout how long the next bytes may take
   * @param minBytesPerSecond on average; 0 is any
   */
  public record Bodies(Duration idleTimeout, long minBytesPerSecond) {}

  /**
   * How fast answers have to be read while other requests wait for a thread.
   *
   * @param window how long that is measured
   * @param minBytesPerSecond on average; 0 is any
   */
  public record Readers(Duration window, long minBytesPerSecond) {}

  /**
   * How narinfos are kept.
   *
   * @param revalidateAfter after this one whose NAR is not stored is asked for upstream again
   * @param memorySizeBytes how much of the answers is kept in memory
   */
  public record NarInfos(Duration revalidateAfter, long memorySizeBytes) {}

  /**
   * How NARs are fetched.
   *
   * @param prefetch whether a NAR is fetched as soon as its narinfo is asked for
   */
  public record Fetching(boolean prefetch) {}

  /**
   * When and how NARs are cut into chunks.
   *
   * @param mode off, lazy or eager
   * @param sizes how long chunks and packs are
   * @param allowOtherSizes whether stored chunks may have been cut with other sizes
   * @param workers how many NARs are cut at once in the background
   * @param deleteDelay how long a whole file stays beside the chunks
   * @param advertised the compression that clients are told of NARs that are stored as chunks
   */
  public record Chunking(
      String mode,
      Sizes sizes,
      boolean allowOtherSizes,
      int workers,
      Duration deleteDelay,
      Compression advertised) {}

  /**
   * How long chunks and packs are, in bytes; not checked yet.
   *
   * @param min of a chunk
   * @param avg of a chunk
   * @param max of a chunk
   * @param pack where a pack is full
   */
  public record Sizes(long min, long avg, long max, long pack) {}

  /**
   * What clients may put here and delete.
   *
   * @param enabled whether they may upload
   * @param requireTrusted whether a narinfo must be signed by one of the keys
   * @param trustedKeys these keys; at least one if one is required
   * @param maxNarBytes how large a NAR may be, decoded
   * @param maxDocumentBytes how large any other document may be, decoded; also one from upstream
   * @param grace how long a NAR stays that no narinfo names
   * @param deleting whether they may delete
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
   * Reads all settings.
   *
   * @throws SettingsException if a name is unknown or a value is malformed, or if a file of
   *     settings is named but not there
   */
  public static Settings read(SettingsSources sources) {
    return new SettingsAssembly(sources).settings();
  }

  /** Returns the exception that says what is wrong with a setting and where it was written. */
  public SettingsException problem(Setting<?> setting, String problem) {
    return new SettingsException(setting.name(), origins.get(setting.name()), problem);
  }

  @Override
  public String toString() {
    return "Settings[configFile=" + Objects.toString(configFile) + ", site=" + site + "]";
  }
}
