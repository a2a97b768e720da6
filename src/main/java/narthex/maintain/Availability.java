package narthex.maintain;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import narthex.db.Database;
import narthex.db.NarInfoRow;
import narthex.nix.OneLine;
import narthex.nix.Sha256;
import narthex.upstream.Upstreams;

/** Asks the upstreams whether they still have a NAR. Thread-safe. */
final class Availability {
  /** The answer of all upstreams together. */
  enum Answer {
    /** One of them has it. */
    AVAILABLE,
    /** Each of them said that it doesn't have it. */
    ABSENT,
    /** None has it, and some didn't answer. */
    UNKNOWN
  }

  /** A narinfo that is younger needs no question. */
  static final Duration FRESH = Duration.ofHours(1);

  /** Limit on the store paths of one NAR to ask for. */
  private static final int ATTEMPTS = 4;

  private final Database database;
  private final Upstreams upstreams;
  private final InstantSource clock;

  Availability(Database database, Upstreams upstreams, InstantSource clock) {
    this.database = database;
    this.upstreams = upstreams;
    this.clock = clock;
  }

  /**
   * Asks for the narinfos of a NAR.
   *
   * @throws IOException if the database fails
   */
  Answer ask(Sha256 narHash) throws IOException {
    List<NarInfoRow> rows = database.findNarInfosOf(narHash);
    if (rows.stream().anyMatch(this::isFresh)) {
      return Answer.AVAILABLE;
    }
    Answer answer = Answer.ABSENT;
    for (NarInfoRow row : rows.subList(0, Math.min(rows.size(), ATTEMPTS))) {
      Upstreams.Survey survey = upstreams.findAll(row.said().storePath().hash());
      if (survey.found().stream().anyMatch(one -> one.narInfo().nar().equals(row.said().nar()))) {
        return Answer.AVAILABLE;
      }
      if (survey.trouble() != null) {
        answer = Answer.UNKNOWN;
      }
    }
    return answer;
  }

  /**
   * Asks for several NARs at once.
   *
   * @param threads runs the questions
   * @throws IOException if the database fails, or the server is stopping
   */
  Map<Sha256, Answer> askAll(Set<Sha256> narHashes, ExecutorService threads) throws IOException {
    Map<Sha256, Future<Answer>> asked = new HashMap<>();
    Map<Sha256, Answer> answers = new HashMap<>();
    try {
      for (Sha256 narHash : narHashes) {
        asked.put(narHash, threads.submit(() -> ask(narHash)));
      }
      for (Map.Entry<Sha256, Future<Answer>> answer : asked.entrySet()) {
        answers.put(answer.getKey(), answer.getValue().get());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while asking upstreams");
    } catch (ExecutionException | RejectedExecutionException e) {
      throw new IOException("could not ask the upstreams: " + OneLine.reason(e), e);
    }
    return answers;
  }

  private boolean isFresh(NarInfoRow row) {
    return row.upstream() != null && row.checkedAt().plus(FRESH).isAfter(clock.instant());
  }
}
