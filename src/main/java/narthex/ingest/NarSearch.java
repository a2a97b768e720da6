package narthex.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One search for a file of a NAR: asks one offer after the other until one has an answer. Asks
 * upstreams that recently sent a corrupt file last. Not thread-safe; use each object once.
 *
 * @param <T> the answer
 */
final class NarSearch<T> {
  /** Asks an upstream about an offer, or fetches its file. */
  @FunctionalInterface
  interface Question<T> {
    /**
     * Asks one offer.
     *
     * @return empty if the upstream answered that it has no such file
     * @throws IOException if the upstream failed or the file is corrupt; the search continues
     */
    Optional<T> ask(NarOffer offer) throws IOException;
  }

  private final WrongSources wrong;
  private final String what;
  private final Question<T> question;
  private final List<NarOffer> putOff = new ArrayList<>();
  private final Set<String> asked = new HashSet<>();
  private @Nullable IOException trouble;

  /**
   * @param what the key of the searched NAR or file in {@link WrongSources}
   */
  NarSearch(WrongSources wrong, String what, Question<T> question) {
    this.wrong = wrong;
    this.what = what;
    this.question = question;
  }

  /** Asks the offers that weren't asked before. Postpones those of {@link WrongSources}. */
  Optional<T> ask(List<NarOffer> offers) {
    for (NarOffer offer : offers) {
      if (!asked.add(offer.place())) {
        continue;
      }
      if (wrong.contains(offer.upstream().base(), what)) {
        putOff.add(offer);
        continue;
      }
      Optional<T> answer = ask(offer);
      if (answer.isPresent()) {
        return answer;
      }
    }
    return Optional.empty();
  }

  private Optional<T> ask(NarOffer offer) {
    try {
      return question.ask(offer);
    } catch (IOException e) {
      trouble = e;
      return Optional.empty();
    }
  }

  /** Records that an upstream failed; without an answer, {@link #end} throws this reason. */
  void troubled(@Nullable IOException reason) {
    if (trouble == null) {
      trouble = reason;
    }
  }

  /**
   * Asks the postponed offers, and ends the search.
   *
   * @throws IOException if there is no answer and an upstream failed
   */
  Optional<T> end() throws IOException {
    for (NarOffer offer : putOff) {
      Optional<T> answer = ask(offer);
      if (answer.isPresent()) {
        return answer;
      }
    }
    if (trouble != null) {
      throw trouble;
    }
    return Optional.empty();
  }
}
