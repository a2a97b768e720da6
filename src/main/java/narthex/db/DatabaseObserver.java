package narthex.db;

/** Learns of every operation of the database that has ended. Thread-safe; must return at once. */
@FunctionalInterface
public interface DatabaseObserver {
  /** Ignores all operations. */
  DatabaseObserver NONE = (operation, result, nanos) -> {};

  /** How an operation ended. */
  enum Result {
    /** It ended as it should. */
    DONE,
    /** It threw an exception. */
    FAILED
  }

  /**
   * An operation has ended.
   *
   * @param operation its name, such as "find narinfo"; there are less than two hundred
   * @param nanos how long it took, with the wait for a connection and with all attempts
   */
  void ended(String operation, Result result, long nanos);
}
