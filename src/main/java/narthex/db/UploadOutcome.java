package narthex.db;

/** What became of an uploaded narinfo. */
public enum UploadOutcome {
  /** It is stored, and is what is served from now on. */
  STORED,
  /** One that says the same was here; signatures of both are kept. */
  KNOWN,
  /** One of another NAR, which is stored, was here first and stays. */
  OTHER_KEPT,
  /** Nothing is changed: its NAR is not stored (any more). */
  NAR_MISSING
}
