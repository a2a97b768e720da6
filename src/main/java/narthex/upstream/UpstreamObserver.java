package narthex.upstream;

/** Learns of every request to an upstream that has ended. Thread-safe; must return at once. */
@FunctionalInterface
public interface UpstreamObserver {
  /** Ignores all requests. */
  UpstreamObserver NONE = (base, result, nanos) -> {};

  /** How a request ended. */
  enum Result {
    /** The upstream has what was asked for. */
    FOUND,
    /** The upstream doesn't have it, or what it has isn't trusted. */
    ABSENT,
    /** The upstream gave no usable answer, in all tries. */
    FAILED,
    /** The upstream was suspended, so it wasn't asked. */
    SUSPENDED
  }

  /**
   * A request has ended. It counts once, with all its tries.
   *
   * @param base the base URL of the upstream, without credentials
   * @param nanos time until the end of the answer; of a NAR, until its beginning
   */
  void ended(String base, Result result, long nanos);
}
