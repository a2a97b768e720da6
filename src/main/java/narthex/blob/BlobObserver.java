package narthex.blob;

/** Learns of every operation of a blob store that has ended. Thread-safe; must return at once. */
@FunctionalInterface
public interface BlobObserver {
  /** Ignores all operations. */
  BlobObserver NONE = (operation, result, nanos) -> {};

  /** The operations. */
  enum Operation {
    /** Asking for the length of a blob. */
    FIND,
    /** Opening a blob; not reading it. */
    OPEN,
    /** Making a written blob visible. */
    COMMIT,
    /** Deleting a blob. */
    DELETE,
    /** Listing a page of blobs. */
    LIST
  }

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
   * @param nanos how long it took
   */
  void ended(Operation operation, Result result, long nanos);
}
