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

/** Searches all upstreams in parallel for one narinfo. For one search and one thread. */
final class NarInfoSearch {
  private static final System.Logger LOG = System.getLogger(NarInfoSearch.class.getName());

  /** The answer of one upstream: a narinfo, a miss (both null), or trouble. */
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
    } catch (RuntimeException | Error e) { // else the search would wait for its whole time limit
      return new Answer(index, null, new IOException("unexpected: " + e, e));
    }
  }

  /**
   * Waits for the narinfo of best priority.
   *
   * @param betterAnswerWait how long a hit waits for upstreams of better priority
   * @param within time limit of the whole search
   * @return empty if every upstream answered that it has none
   * @throws UpstreamUnavailableException if none has it and some didn't answer
   */
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

  /** Waits for all upstreams and returns all their narinfos. */
  Upstreams.Survey all(Duration within) {
    long end = System.nanoTime() + within.toNanos();
    try {
      while (!pending.isEmpty() && await(end)) {
        // await takes one answer
      }
    } catch (UpstreamUnavailableException interrupted) {
      trouble = interrupted;
    }
    return new Upstreams.Survey(sorted(), unanswered());
  }

  /** Why an upstream gave no answer; null if all answered. */
  private @Nullable UpstreamUnavailableException unanswered() {
    if (trouble == null && pending.isEmpty()) {
      return null;
    }
    IOException cause = trouble != null ? trouble : new IOException("timed out");
    return new UpstreamUnavailableException(
        "no upstream has %s, and not all answered: %s".formatted(hash.text(), cause.getMessage()),
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

  /** Waits for one answer and records it; false at the deadline. */
  private boolean await(long end) throws UpstreamUnavailableException {
    Answer answer;
    try {
      answer = arriving.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamUnavailableException("interrupted while waiting for upstreams", e);
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

  /** Logs trouble that doesn't reach the caller, because the search succeeded. */
  private void log(Answer answer) {
    LOG.log(
        Level.WARNING,
        "upstream skipped upstream={0} narinfo={1} reason={2}",
        upstreams.get(answer.index()).base(),
        hash.text(),
        OneLine.reason(Objects.requireNonNull(answer.trouble())));
  }

  /** Whether an upstream that would win over the present hits hasn't answered yet. */
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

  private int rank(int index) {
    return upstreams.get(index).rank();
  }
}
