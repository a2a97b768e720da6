package narthex.upstream;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import narthex.nix.OneLine;
import narthex.nix.StorePathHash;
import org.jspecify.annotations.Nullable;

/** One search for one narinfo over all upstreams at once. Used by one thread, once. */
final class NarInfoSearch {
  private static final System.Logger LOG = System.getLogger(NarInfoSearch.class.getName());

  /** What one upstream answered: a narinfo, a no (both null), or trouble. */
  private record Answer(int index, @Nullable FoundNarInfo found, @Nullable IOException trouble) {}

  private final List<Upstream> upstreams;
  private final StorePathHash hash;
  private final BlockingQueue<Answer> arriving = new LinkedBlockingQueue<>();
  private final List<Answer> found = new ArrayList<>();
  private final List<Answer> troubles = new ArrayList<>();
  private final List<Integer> pending = new ArrayList<>();
  private @Nullable IOException trouble;

  NarInfoSearch(List<Upstream> upstreams, StorePathHash hash, ExecutorService executor) {
    this.upstreams = upstreams;
    this.hash = hash;
    for (int i = 0; i < upstreams.size(); i++) {
      int index = i;
      pending.add(index);
      executor.execute(() -> arriving.add(ask(index)));
    }
  }

  private Answer ask(int index) {
    Upstream upstream = upstreams.get(index);
    try {
      return new Answer(index, upstream.fetchNarInfo(hash).orElse(null), null);
    } catch (IOException e) {
      return new Answer(index, null, e);
    } catch (RuntimeException e) {
      return new Answer(index, null, new IOException("unexpected: " + e, e));
    }
  }

  /** The best answer; a hit waits only so long for upstreams of better priority. */
  Optional<FoundNarInfo> best(Duration betterAnswerWait, Duration within)
      throws UpstreamUnavailableException {
    long end = System.nanoTime() + within.toNanos();
    while (!pending.isEmpty() && (found.isEmpty() || betterPending())) {
      boolean hadNone = found.isEmpty();
      if (!await(end)) {
        break;
      }
      if (hadNone && !found.isEmpty()) {
        end = Math.min(end, System.nanoTime() + betterAnswerWait.toNanos());
      }
    }
    UpstreamUnavailableException unanswered = unanswered();
    if (found.isEmpty() && unanswered != null) {
      throw unanswered;
    }
    troubles.forEach(this::log);
    return sorted().stream().findFirst();
  }

  /** Every answer. */
  Upstreams.Survey all(Duration within) {
    long end = System.nanoTime() + within.toNanos();
    try {
      while (!pending.isEmpty() && await(end)) {
        // each round takes one answer
      }
    } catch (UpstreamUnavailableException interrupted) {
      trouble = interrupted;
    }
    return new Upstreams.Survey(sorted(), unanswered());
  }

  /** Why some upstream could not say; null if all could. */
  private @Nullable UpstreamUnavailableException unanswered() {
    if (trouble == null && pending.isEmpty()) {
      return null;
    }
    IOException cause = trouble != null ? trouble : new IOException("no answer in time");
    return new UpstreamUnavailableException(
        "cannot tell whether an upstream has %s: %s".formatted(hash.text(), cause.getMessage()),
        cause);
  }

  private List<FoundNarInfo> sorted() {
    return found.stream()
        .sorted(
            Comparator.<Answer>comparingInt(answer -> rank(answer.index()))
                .thenComparingInt(Answer::index))
        .map(answer -> Objects.requireNonNull(answer.found()))
        .toList();
  }

  /** Takes one answer; false once the time is over. */
  private boolean await(long end) throws UpstreamUnavailableException {
    Answer answer;
    try {
      answer = arriving.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamUnavailableException("interrupted while asking upstreams", e);
    }
    if (answer == null) {
      return false;
    }
    pending.remove((Integer) answer.index());
    if (answer.found() != null) {
      found.add(answer);
    } else if (answer.trouble() != null) {
      trouble = answer.trouble();
      troubles.add(answer);
    }
    return true;
  }

  /** Trouble that the caller does not learn of, because another upstream has the path. */
  private void log(Answer answer) {
    LOG.log(
        Level.WARNING,
        "upstream skipped upstream={0} narinfo={1} reason={2}",
        upstreams.get(answer.index()).base(),
        hash.text(),
        OneLine.reason(Objects.requireNonNull(answer.trouble())));
  }

  private boolean betterPending() {
    int best = found.stream().mapToInt(answer -> rank(answer.index())).min().orElseThrow();
    int first =
        found.stream()
            .filter(answer -> rank(answer.index()) == best)
            .mapToInt(Answer::index)
            .min()
            .orElseThrow();
    return pending.stream()
        .anyMatch(index -> rank(index) < best || (rank(index) == best && index < first));
  }

  /** Its priority; one that is not known yet may turn out to be the best. */
  private int rank(int index) {
    return upstreams.get(index).priority().orElse(Integer.MIN_VALUE);
  }
}
