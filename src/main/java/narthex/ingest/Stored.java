package narthex.ingest;

/** Whether an upload or download stored something new. */
public enum Stored {
  /** It was stored. */
  NEW,
  /** The same or an equivalent object was already stored, or it wasn't to be stored. */
  KNOWN
}
