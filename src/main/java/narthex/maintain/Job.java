package narthex.maintain;

import java.io.IOException;
import java.util.Optional;

/**
 * Long work that an operator asks for by name, over HTTP or on the command line. Thread-safe.
 *
 * <p>A job doesn't know who asks: it gets its options as text, tells its {@link Progress}, and
 * returns figures.
 */
public interface Job {
  /** The name in commands and URLs, in lower case. */
  String name();

  /**
   * Reads the options, before anything is changed. An option that isn't read is refused.
   *
   * @throws JobRefusedException if an option is wrong
   */
  Work prepare(JobOptions options) throws JobRefusedException;

  /**
   * Returns the one thing that these options limit the work to, such as a store path. The work may
   * then run beside work of the same job that is limited to something else or not limited, on any
   * replica. Empty if it isn't limited, which is the default.
   *
   * @throws JobRefusedException if an option is wrong
   */
  default Optional<String> target(JobOptions options) throws JobRefusedException {
    return Optional.empty();
  }

  /** Whether it works on the whole store, so that two replicas that ran it would work twice. */
  default boolean isForWholeStore() {
    return false;
  }

  /** The work with its options. Runs once. */
  @FunctionalInterface
  interface Work {
    /**
     * Does the work. Ends early if {@link Progress#isStopped}; what is done stays done.
     *
     * @throws IOException if it failed
     */
    JobResult run(Progress progress) throws IOException;
  }
}
