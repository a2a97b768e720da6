package narthex.serve;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.db.StoredNar;
import narthex.ingest.NarDownload;
import narthex.ingest.NarInfoFetch;
import narthex.ingest.SingleFlight;
import narthex.nix.NarInfo;
import narthex.nix.OneLine;
import narthex.nix.Sha256;
import narthex.nix.StorePathHash;
import narthex.store.NarUses;
import narthex.store.StoreListener;
import org.jspecify.annotations.Nullable;

/**
 * Finds narinfos: in memory, then in the database, then at the upstreams.
 *
 * <p>The served narinfo is derived from the row and the stored forms of the NAR, signed, and cached
 * in memory until either changes. If the NAR is not stored, the upstreams are asked again after a
 * while; if they fail, the old row stays in use. Concurrent requests for one path share one lookup.
 * Thread-safe.
 */
public final class NarInfoLookup implements StoreListener {
  private static final System.Logger LOG = System.getLogger(NarInfoLookup.class.getName());

  /**
   * Longest wait for another thread's lookup. That thread always reports its result; the limit only
   * matters if it died.
   */
  private static final Duration SILENCE = Duration.ofMinutes(2);

  /** Takes about 10 MB. */
  private static final int MOST_VOUCHED_FOR = 50_000;

  /** Estimated memory of an entry in bytes, besides its body. */
  private static final int ENTRY_BYTES = 256;

  /**
   * How narinfos are cached.
   *
   * @param revalidateAfter age after which to fetch a narinfo again if its NAR isn't stored
   * @param memoryBytes limit on the memory of cached answers
   * @param memoryTtl how long an answer stays in memory; until then, a change by hand in the
   *     database, or one by another replica whose announcement is lost, may go unnoticed
   * @param prefetch when a NAR is downloaded
   */
  public record Policy(
      Duration revalidateAfter, long memoryBytes, Duration memoryTtl, Prefetch prefetch) {}

  /** When a NAR is downloaded. */
  public enum Prefetch {
    /** When a client requests the NAR. */
    OFF,
    /** When a client requests its narinfo. */
    ON
  }

  /**
   * The result of a lookup. A failure is a value, because the cache would log a failed future with
   * its stack trace.
   */
  private record Outcome(Found found, @Nullable Throwable failure) {
    Found get() throws IOException {
      if (failure instanceof IOException trouble) {
        throw new IOException(trouble.getMessage(), trouble);
      }
      if (failure != null) {
        throw new IllegalStateException("the narinfo lookup failed unexpectedly", failure);
      }
      return found;
    }
  }

  /**
   * What a lookup found.
   *
   * @param narInfo the narinfo; empty if there is none
   * @param isNews whether it was asked of the upstreams for this lookup or one at the same time
   */
  public record Found(Optional<ServedNarInfo> narInfo, boolean isNews) {
    private static final Found NONE = new Found(Optional.empty(), true);

    private Found known() {
      return isNews ? new Found(narInfo, false) : this;
    }
  }

  private final Database database;
  private final NarInfoFetch narInfos;
  private final NarDownload download;
  private final Advertising advertising;
  private final NarInfoSigner signer;
  private final NarUses uses;
  private final Policy policy;
  private final AsyncCache<StorePathHash, Outcome> memory;

  /** Hash codes of rows with a verified signature: to verify 10,000 takes a second. */
  private final Cache<StorePathHash, Integer> vouchedFor =
      Caffeine.newBuilder().maximumSize(MOST_VOUCHED_FOR).executor(Runnable::run).build();

  /**
   * Creates a lookup with an empty cache.
   *
   * @param uses a NAR counts as used when its narinfo is found
   */
  public NarInfoLookup(
      Database database,
      NarInfoFetch narInfos,
      NarDownload download,
      Advertising advertising,
      NarInfoSigner signer,
      NarUses uses,
      Policy policy) {
    this.database = database;
    this.narInfos = narInfos;
    this.download = download;
    this.advertising = advertising;
    this.signer = signer;
    this.uses = uses;
    this.policy = policy;
    this.memory =
        Caffeine.newBuilder()
            .expireAfterWrite(policy.memoryTtl())
            .maximumWeight(policy.memoryBytes())
            .<StorePathHash, Outcome>weigher(
                (hash, outcome) ->
                    ENTRY_BYTES + outcome.found().narInfo().map(ServedNarInfo::length).orElse(0))
            .executor(Runnable::run)
            .buildAsync();
  }

  /**
   * Finds a narinfo.
   *
   * @return empty if there is none, which all asked upstreams confirmed
   * @throws IOException if the database fails, or an upstream fails and no stored narinfo is usable
   */
  public Optional<ServedNarInfo> find(StorePathHash hash) throws IOException {
    return lookUp(hash).narInfo();
  }

  /**
   * Like {@link #find}, and tells where the narinfo came from.
   *
   * @throws IOException if {@link #find} would
   */
  public Found lookUp(StorePathHash hash) throws IOException {
    CompletableFuture<Outcome> known = memory.getIfPresent(hash);
    boolean isRemembered = known != null && known.isDone();
    if (known == null) {
      CompletableFuture<Outcome> mine = new CompletableFuture<>();
      known = memory.asMap().putIfAbsent(hash, mine);
      if (known == null) {
        answer(hash, mine);
        known = mine;
      }
    }
    Found found = SingleFlight.await(known, SILENCE).get();
    found.narInfo().ifPresent(narInfo -> uses.note(narInfo.narHash()));
    return isRemembered ? found.known() : found;
  }

  /**
   * Whether the stored narinfo of a path is from an upstream; false if there is none.
   *
   * @throws IOException if the database fails
   */
  public boolean isOfUpstream(StorePathHash hash) throws IOException {
    return database.findNarInfo(hash).map(NarInfoRow::upstream).isPresent();
  }

  /**
   * Whether {@link #find} would neither ask an upstream nor wait for a lookup in another thread.
   * Only a hint.
   *
   * @throws IOException if the database fails
   */
  public boolean isKnown(StorePathHash hash) throws IOException {
    CompletableFuture<Outcome> known = memory.getIfPresent(hash);
    if (known != null) {
      return known.isDone();
    }
    Optional<NarInfoRow> row = database.findNarInfo(hash);
    return row.isPresent()
        && (!isOutdated(row.get()) || database.findNar(row.get().said().nar().hash()).isPresent());
  }

  /**
   * Finds a narinfo whose NAR is stored. Asks no upstream and changes nothing.
   *
   * @return empty if there is none
   * @throws IOException if the database fails
   */
  public Optional<ServedNarInfo> findHere(StorePathHash hash) throws IOException {
    Optional<NarInfoRow> row = database.findNarInfo(hash).filter(narInfos::isVouchedFor);
    Optional<StoredNar> stored =
        row.isEmpty() ? Optional.empty() : database.findNar(row.get().said().nar().hash());
    stored.ifPresent(nar -> uses.note(nar.id().hash()));
    return stored.isEmpty() ? Optional.empty() : Optional.of(served(row.orElseThrow(), stored));
  }

  /**
   * Finds which of these paths {@link #findHere} would find, with few statements for many paths.
   *
   * @throws IOException if the database fails
   */
  public Set<StorePathHash> findAllHere(Set<StorePathHash> hashes) throws IOException {
    Set<StorePathHash> here = new HashSet<>();
    database
        .storedPaths()
        .findNarInfos(
            List.copyOf(hashes),
            row -> {
              if (isKnownToBeVouchedFor(row)) {
                uses.note(row.said().nar().hash());
                here.add(row.said().storePath().hash());
              }
            });
    return here;
  }

  private boolean isKnownToBeVouchedFor(NarInfoRow row) {
    StorePathHash hash = row.said().storePath().hash();
    int version = row.hashCode();
    if (Integer.valueOf(version).equals(vouchedFor.getIfPresent(hash))) {
      return true;
    }
    if (!narInfos.isVouchedFor(row)) {
      return false;
    }
    vouchedFor.put(hash, version);
    return true;
  }

  /** Looks up a narinfo and completes the future. Removes it from the cache if none was found. */
  private void answer(StorePathHash hash, CompletableFuture<Outcome> question) {
    try {
      Found answer = render(hash);
      if (answer.narInfo().isEmpty()) {
        memory.asMap().remove(hash, question);
      }
      question.complete(new Outcome(answer, null));
    } catch (IOException | RuntimeException | Error e) {
      memory.asMap().remove(hash, question);
      question.complete(new Outcome(Found.NONE, e));
    }
  }

  private Found render(StorePathHash hash) throws IOException {
    Optional<NarInfoRow> row = database.findNarInfo(hash).filter(narInfos::isVouchedFor);
    Optional<StoredNar> stored =
        row.isEmpty() ? Optional.empty() : database.findNar(row.get().said().nar().hash());
    boolean isAsked = row.isEmpty() || (stored.isEmpty() && isOutdated(row.get()));
    if (isAsked) {
      Optional<NarInfoRow> asked = ask(hash, row);
      stored =
          asked.isEmpty() ? Optional.empty() : database.findNar(asked.get().said().nar().hash());
      row = asked;
    }
    if (row.isEmpty()) {
      return Found.NONE;
    }
    if (stored.isEmpty() && policy.prefetch() == Prefetch.ON && row.get().upstream() != null) {
      download.prefetch(row.get());
    }
    return new Found(Optional.of(served(row.get(), stored)), isAsked);
  }

  private ServedNarInfo served(NarInfoRow row, Optional<StoredNar> stored) {
    NarInfo told = advertising.derive(row, stored);
    boolean isFinal = Advertising.isOfNar(told) || stored.flatMap(advertising::frames).isPresent();
    return ServedNarInfo.of(
        row.upstream() == null ? signer.signUploaded(told) : signer.sign(told), isFinal);
  }

  /**
   * Whether to fetch the narinfo again. Always true of an upload: no upstream is known for its NAR.
   */
  private boolean isOutdated(NarInfoRow row) {
    return row.upstream() == null || narInfos.isOlder(row, policy.revalidateAfter());
  }

  /** Asks the upstreams. If they fail, returns the outdated row of an upstream, if there is one. */
  private Optional<NarInfoRow> ask(StorePathHash hash, Optional<NarInfoRow> outdated)
      throws IOException {
    try {
      Optional<NarInfoRow> row = narInfos.fetch(hash);
      if (row.isEmpty() && outdated.map(NarInfoRow::upstream).isPresent()) {
        database.forgetNarInfo(hash);
      }
      return row;
    } catch (IOException trouble) {
      boolean isUsable =
          outdated
              .filter(row -> row.upstream() != null && !row.checkedAt().equals(NarInfoRow.NEVER))
              .isPresent();
      if (!isUsable) {
        throw trouble;
      }
      LOG.log(
          Level.WARNING,
          "outdated narinfo served hash={0} reason={1}",
          hash.text(),
          OneLine.reason(trouble));
      return outdated;
    }
  }

  @Override
  public void narInfoChanged(StorePathHash hash) {
    memory.synchronous().invalidate(hash);
  }

  /** Forgets all narinfos: any of them may advertise the name, and such a change is rare. */
  @Override
  public void nameChanged(String stem) {
    anyChanged();
  }

  @Override
  public void anyChanged() {
    memory.synchronous().invalidateAll();
  }

  @Override
  public void narChanged(Sha256 narHash) {
    try {
      for (NarInfoRow row : database.findNarInfosOf(narHash)) {
        memory.synchronous().invalidate(row.said().storePath().hash());
      }
    } catch (IOException e) {
      memory.synchronous().invalidateAll();
    }
  }
}
