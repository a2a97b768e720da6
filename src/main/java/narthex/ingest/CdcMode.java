package narthex.ingest;

/** When NARs are cut into content-defined chunks. */
public enum CdcMode {
  /** NAR files are stored unchanged. */
  OFF,
  /** NAR files are stored unchanged; a background job cuts them into chunks later. */
  LAZY,
  /** NARs are stored as chunks from the start, and narinfos say so before the download. */
  EAGER;

  /** What an ingestion stores of a NAR that isn't stored yet. */
  Keep firstKept() {
    return this == EAGER ? Keep.CHUNKED : Keep.WHOLE;
  }
}
