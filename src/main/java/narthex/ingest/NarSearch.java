package narthex.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One search for a file of a NAR: asks one offer after the other until one answers. Upstreams that
 * sent something wrong a short while ago are asked last. Used by one thread, once.
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

  private final WrongSources wrong;
  private final String what;
  private final Question<T> question;
  private final List<NarOffer> putOff = new ArrayList<>();
  private final Set<String> asked = new HashSet<>();
  private @Nullable IOException trouble;

  /**
   * @param what is searched for, as {@link WrongSources} calls it
   */
  NarSearch(WrongSources wrong, String what, Question<T> question) {
    this.wrong = wrong;
    this.what = what;
    this.question = question;
  }

  /** Asks those of these offers that were not asked yet, and puts off those that may be wrong. */
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

  /** Notes that some who may have an offer could not say. */
  void troubled(@Nullable IOException reason) {
    if (trouble == null) {
      trouble = reason;
    }
  }

  /**
   * Asks what was put off, and ends the search.
   *
   * @throws IOException if nobody answered and some could not say
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
