package narthex.ingest;

/** When NARs are cut into content-defined chunks. */
public enum CdcMode {
  /** NARs are stored whole, as they came. */
  OFF,
  /** NARs are stored whole, and cut into chunks later. */
  LAZY,
  /** NARs are stored as chunks from the start, and clients are told so before. */
  EAGER;

  /** What is kept of a NAR that comes in and is not stored yet. */
  Keep firstKept() {
    return this == EAGER ? Keep.CHUNKED : Keep.WHOLE;
  }
}
