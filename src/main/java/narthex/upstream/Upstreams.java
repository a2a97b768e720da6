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
 * All upstreams together. They are asked in parallel; the best priority that has a path wins. Sure
 * absences are remembered for a while. Safe for use by many threads.
 */
public final class Upstreams implements Closeable {
  private static final System.Logger LOG = System.getLogger(Upstreams.class.getName());

  /**
   * How a search behaves.
   *
   * @param betterAnswerWait how long a hit waits for an upstream of better priority
   * @param within bound of a whole search
   * @param negativeTtl how long a sure absence is remembered
   * @param negativeEntries how many are remembered
   */
  public record SearchSettings(
      Duration betterAnswerWait, Duration within, Duration negativeTtl, long negativeEntries) {}

  private final List<Upstream> upstreams;
  private final SearchSettings settings;
  private final ExecutorService executor;
  private final Cache<StorePathHash, Boolean> absences;
  private final Cache<DocumentName, Boolean> absentDocuments;
  private final Cache<NarFileName, Boolean> absentFiles;

  /**
   * @param upstreams in the order of the settings, which decides between equal priorities; closed
   *     with this object
   * @param executor runs the questions; not closed here
   */
  public Upstreams(List<Upstream> upstreams, SearchSettings settings, ExecutorService executor) {
    this.upstreams = List.copyOf(upstreams);
    this.settings = settings;
    this.executor = executor;
    this.absences = memoryOfAbsences(settings);
    this.absentDocuments = memoryOfAbsences(settings);
    this.absentFiles = memoryOfAbsences(settings);
  }

  private static <K> Cache<K, Boolean> memoryOfAbsences(SearchSettings settings) {
    return Caffeine.newBuilder()
        .expireAfterWrite(settings.negativeTtl())
        .maximumSize(settings.negativeEntries())
        .executor(Runnable::run)
        .build();
  }

  /**
   * Finds the narinfo of a path at the upstream of best priority that has it.
   *
   * @return empty if every upstream surely has none
   * @throws UpstreamUnavailableException if none has it and some could not say
   */
  public Optional<FoundNarInfo> find(StorePathHash hash) throws UpstreamUnavailableException {
    if (upstreams.isEmpty() || absences.getIfPresent(hash) != null) {
      return Optional.empty();
    }
    NarInfoSearch search = new NarInfoSearch(upstreams, hash, executor);
    Optional<FoundNarInfo> found = search.best(settings.betterAnswerWait(), settings.within());
    if (found.isEmpty()) {
      absences.put(hash, Boolean.TRUE);
    }
    return found;
  }

  /**
   * Fetches a document from the upstream of best priority that has it. They are asked one after the
   * other: few have documents, and nobody waits for one as for a narinfo.
   *
   * @param maxBytes how many bytes it may have
   * @param reader takes the body; called anew if a transfer breaks
   * @return empty if every upstream surely has none
   * @throws UpstreamUnavailableException if none has it and some could not say
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

  /** What one upstream is asked; empty if it surely has none. */
  private interface Question<T> {
    Optional<T> ask(Upstream upstream) throws IOException;
  }

  /**
   * Asks one upstream after the other until one has it.
   *
   * @param what it is, in the exception's message
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
          "cannot tell whether an upstream has %s: %s".formatted(what, trouble.getMessage()),
          trouble);
    }
    return Optional.empty();
  }

  /** Whether every upstream surely lacked a NAR file of this name a short while ago. */
  public boolean isKnownAbsent(NarFileName name) {
    return absentFiles.getIfPresent(name) != null;
  }

  /** Remembers for a while that every upstream surely lacks NAR files of these names. */
  public void rememberAbsence(List<NarFileName> names) {
    names.forEach(name -> absentFiles.put(name, Boolean.TRUE));
  }

  /** Forgets that a document was absent, because it was just brought here in another way. */
  public void forgetAbsence(DocumentName name) {
    absentDocuments.invalidate(name);
  }

  /** All, as far as priorities are known; equal ones in the order of the settings. */
  public List<Upstream> byPriority() {
    return upstreams.stream()
        .sorted(Comparator.comparing(it -> it.priority().orElse(Integer.MAX_VALUE)))
        .toList();
  }

  /**
   * What all upstreams said.
   *
   * @param found what they have, best priority first
   * @param trouble why some could not say; null if all could
   */
  public record Survey(List<FoundNarInfo> found, @Nullable IOException trouble) {
    /** Copies the list. */
    public Survey {
      found = List.copyOf(found);
    }
  }

  /** Asks every upstream, whatever is remembered, and waits for all of them. */
  public Survey findAll(StorePathHash hash) {
    return new NarInfoSearch(upstreams, hash, executor).all(settings.within());
  }

  /** Forgets that a path was absent, because it was just brought here in another way. */
  public void forgetAbsence(StorePathHash hash) {
    absences.invalidate(hash);
  }

  /** How each upstream fares, in the order of the settings. */
  public List<UpstreamState> states() {
    Instant now = Instant.now();
    return upstreams.stream().map(upstream -> upstream.state(now)).toList();
  }

  /**
   * Whether a narinfo that was taken from the upstream with this base URL would be taken from it
   * now, or is signed by a key that is trusted for another.
   */
  public boolean vouchFor(NarInfo narInfo, String base) {
    return upstreams.stream().anyMatch(upstream -> upstream.vouchesFor(narInfo, base));
  }

  /** The upstream with this base URL, if it is (still) one of ours. */
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
