package narthex.ingest;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One search for a file of a NAR: asks one offer after the other until one answers. Used by one
 * thread, once.
 *
 * @param <T> the answer
 */
final class NarSearch<T> {
  /** What an offer is asked. */
  @FunctionalInterface
  interface Question<T> {
    /**
     * Asks one offer.
     *
     * @return empty if the upstream surely has no such file
     * @throws IOException if it could not be told, or the file is wrong: the search goes on
     */
    Optional<T> ask(NarOffer offer) throws IOException;
  }

  private final Question<T> question;
  private final Set<String> asked = new HashSet<>();
  private @Nullable IOException trouble;

  NarSearch(Question<T> question) {
    this.question = question;
  }

  /** Asks those of these offers that were not asked yet. */
  Optional<T> ask(List<NarOffer> offers) {
    for (NarOffer offer : offers) {
      if (!asked.add(offer.place())) {
        continue;
      }
      try {
        Optional<T> answer = question.ask(offer);
        if (answer.isPresent()) {
          return answer;
        }
      } catch (IOException e) {
        trouble = e;
      }
    }
    return Optional.empty();
  }

  /** Notes that some who may have an offer could not say. */
  void troubled(@Nullable IOException reason) {
    if (trouble == null) {
      trouble = reason;
    }
  }

  /**
   * Ends a search without an answer.
   *
   * @throws IOException if nobody answered and some could not say
   */
  Optional<T> end() throws IOException {
    if (trouble != null) {
      throw trouble;
    }
    return Optional.empty();
  }
}
