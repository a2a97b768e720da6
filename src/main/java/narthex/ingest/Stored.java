package narthex.ingest;

/** Whether something that was put here is new. */
public enum Stored {
  /** It is stored now. */
  NEW,
  /** The same, or what counts for the same, was here before. */
  KNOWN
}
