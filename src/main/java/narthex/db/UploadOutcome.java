package narthex.db;

/** The result of storing an uploaded narinfo. */
public enum UploadOutcome {
  /** The narinfo is stored and will be served. */
  STORED,
  /** A narinfo with the same fingerprint exists; it now has the signatures of both. */
  KNOWN,
  /** A narinfo with another fingerprint exists and was kept. */
  OTHER_KEPT,
  /** Nothing changed, because the NAR is not stored. */
  NAR_MISSING
}
