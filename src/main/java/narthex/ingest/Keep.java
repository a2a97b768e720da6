package narthex.ingest;

/** What an ingestion leaves of a NAR file when all of it turned out right. */
public enum Keep {
  /** The file as it came. */
  WHOLE,
  /** The NAR in it, as chunks; the file itself is discarded. */
  CHUNKED,
  /** Nothing: those who followed it have got it, checked. */
  NOTHING
}
