package narthex.upstream;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.io.Closeable;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import narthex.nix.DocumentName;
import narthex.nix.NarFileName;
import narthex.nix.NarInfo;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/**
 * Searches all upstreams. Narinfos are requested from all in parallel, and the upstream of best
 * priority wins. Misses are cached. Thread-safe.
 */
public final class Upstreams implements Closeable {
  private static final System.Logger LOG = System.getLogger(Upstreams.class.getName());

  /**
   * Settings of searches.
   *
   * @param betterAnswerWait how long a hit waits for upstreams of better priority
   * @param within time limit of a search
   * @param negativeTtl how long misses are cached
   * @param negativeEntries most cached misses of each kind
   */
  public record SearchPolicy(
      Duration betterAnswerWait, Duration within, Duration negativeTtl, long negativeEntries) {}

  private final List<Upstream> upstreams;
  private final SearchPolicy policy;
  private final ExecutorService executor;
  private final Cache<StorePathHash, Boolean> absences;
  private final Cache<DocumentName, Boolean> absentDocuments;
  private final Cache<NarFileName, Boolean> absentFiles;

  /**
   * @param upstreams the upstreams in the order of the settings, which decides between equal
   *     priorities; closed with this object
   * @param executor runs the requests; stays open
   */
  public Upstreams(List<Upstream> upstreams, SearchPolicy policy, ExecutorService executor) {
    this.upstreams = List.copyOf(upstreams);
    this.policy = policy;
    this.executor = executor;
    this.absences = memoryOfAbsences(policy);
    this.absentDocuments = memoryOfAbsences(policy);
    this.absentFiles = memoryOfAbsences(policy);
  }

  private static <K> Cache<K, Boolean> memoryOfAbsences(SearchPolicy policy) {
    return Caffeine.newBuilder()
        .expireAfterWrite(policy.negativeTtl())
        .maximumSize(policy.negativeEntries())
        .executor(Runnable::run)
        .build();
  }

  /**
   * Fetches a narinfo from the upstream of best priority that has it.
   *
   * @return empty if no upstream has a trusted one
   * @throws UpstreamUnavailableException if none has it and some didn't answer
   */
  public Optional<FoundNarInfo> find(StorePathHash hash) throws UpstreamUnavailableException {
    if (upstreams.isEmpty() || absences.getIfPresent(hash) != null) {
      return Optional.empty();
    }
    NarInfoSearch search = new NarInfoSearch(upstreams, hash, executor);
    Optional<FoundNarInfo> found = search.best(policy.betterAnswerWait(), policy.within());
    if (found.isEmpty()) {
      absences.put(hash, Boolean.TRUE);
    }
    return found;
  }

  /**
   * Fetches a document from the upstream of best priority that has it. Requests it from one
   * upstream after the other: few have documents, and latency matters less than for narinfos.
   *
   * @param maxBytes longest accepted document
   * @param reader reads the decoded body; each retry calls it again
   * @return empty if no upstream has a trusted one
   * @throws UpstreamUnavailableException if none has it and some didn't answer
   */
  public <T> Optional<T> fetchDocument(DocumentName name, long maxBytes, DocumentReader<T> reader)
      throws UpstreamUnavailableException {
    if (upstreams.isEmpty() || absentDocuments.getIfPresent(name) != null) {
      return Optional.empty();
    }
    Optional<T> found =
        askEach(name.print(), upstream -> upstream.fetchDocument(name, maxBytes, reader));
    if (found.isEmpty()) {
      absentDocuments.put(name, Boolean.TRUE);
    }
    return found;
  }

  /** A request to one upstream; empty if the upstream doesn't have the file. */
  private interface Question<T> {
    Optional<T> ask(Upstream upstream) throws IOException;
  }

  /**
   * Runs a request at one upstream after the other until one has the file.
   *
   * @param what the file's name for the exception's message
   */
  private <T> Optional<T> askEach(String what, Question<T> question)
      throws UpstreamUnavailableException {
    IOException trouble = null;
    for (Upstream upstream : byPriority()) {
      try {
        Optional<T> found = question.ask(upstream);
        if (found.isPresent()) {
          return found;
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    if (trouble != null) {
      throw new UpstreamUnavailableException(
          "no upstream has %s, and not all answered: %s".formatted(what, trouble.getMessage()),
          trouble);
    }
    return Optional.empty();
  }

  /** Whether the cache of misses has a NAR file of this name. */
  public boolean isKnownAbsent(NarFileName name) {
    return absentFiles.getIfPresent(name) != null;
  }

  /** Caches that no upstream has NAR files of these names. */
  public void rememberAbsence(List<NarFileName> names) {
    names.forEach(name -> absentFiles.put(name, Boolean.TRUE));
  }

  /** Removes a document from the cache of misses, because a client uploaded it. */
  public void forgetAbsence(DocumentName name) {
    absentDocuments.invalidate(name);
  }

  /** All upstreams by {@link Upstream#rank}, equal ones in the order of the settings. */
  public List<Upstream> byPriority() {
    return upstreams.stream().sorted(Comparator.comparingInt(Upstream::rank)).toList();
  }

  /**
   * The narinfos of all upstreams.
   *
   * @param found the narinfos, best priority first
   * @param trouble why an upstream gave no answer; null if all answered
   */
  public record Survey(List<FoundNarInfo> found, @Nullable IOException trouble) {
    /** Copies the list. */
    public Survey {
      found = List.copyOf(found);
    }
  }

  /** Fetches a narinfo from every upstream, ignoring cached misses, and waits for all of them. */
  public Survey findAll(StorePathHash hash) {
    return new NarInfoSearch(upstreams, hash, executor).all(policy.within());
  }

  /** Removes a path from the cache of misses, because a client uploaded it. */
  public void forgetAbsence(StorePathHash hash) {
    absences.invalidate(hash);
  }

  /** Sets who is told of requests. Call it at start-up. */
  public void observe(UpstreamObserver observer) {
    upstreams.forEach(upstream -> upstream.observe(observer));
  }

  /** The state of each upstream, in the order of the settings. */
  public List<UpstreamState> states() {
    Instant now = Instant.now();
    return upstreams.stream().map(upstream -> upstream.state(now)).toList();
  }

  /**
   * Whether the present settings trust a narinfo that was fetched earlier: it has a signature by a
   * key that is trusted for some upstream, or its upstream needs no signatures.
   *
   * @param base base URL of the upstream that the narinfo came from
   */
  public boolean vouchFor(NarInfo narInfo, String base) {
    return upstreams.stream().anyMatch(upstream -> upstream.vouchesFor(narInfo, base));
  }

  /** Finds the upstream with this base URL; empty if the settings no longer have it. */
  public Optional<Upstream> byBase(String base) {
    return upstreams.stream().filter(upstream -> upstream.base().equals(base)).findFirst();
  }

  @Override
  public void close() throws IOException {
    List<IOException> failures = new ArrayList<>();
    for (Upstream upstream : upstreams) {
      try {
        upstream.close();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    failures.forEach(e -> LOG.log(Level.WARNING, "upstream not closed", e));
  }
}
