package narthex.bench.space;

import java.util.Locale;

/** A fault of the store that a check must find. */
enum StoreFault {
  LOST_PACK(Target.PACK),
  FLIPPED_BIT_IN_A_PACK(Target.PACK),
  TRUNCATED_PACK(Target.PACK),
  LOST_WHOLE_FILE(Target.WHOLE),
  FLIPPED_BIT_IN_A_WHOLE_FILE(Target.WHOLE),
  TRUNCATED_WHOLE_FILE(Target.WHOLE),
  LOST_DOCUMENT(Target.DOCUMENT),
  FLIPPED_BIT_IN_A_DOCUMENT(Target.DOCUMENT),
  LOST_ROW_OF_A_CHUNK(Target.CHUNKED),
  LOST_ROWS_OF_A_MANIFEST(Target.CHUNKED),
  LOST_ROW_OF_A_CHUNKED_FORM(Target.CHUNKED),
  LOST_ROW_OF_A_CHUNKED_NAR(Target.CHUNKED),
  LOST_ROW_OF_A_WHOLE_FORM(Target.WHOLE),
  LOST_ROW_OF_A_WHOLE_NAR(Target.WHOLE),
  LOST_ROW_OF_A_FILE_NAME(Target.WHOLE),
  LOST_ROW_OF_A_NARINFO(Target.CHUNKED);

  /** What the fault damages. */
  enum Target {
    PACK,
    DOCUMENT,
    /** A NAR that is stored as a whole file. */
    WHOLE,
    /** A NAR that is stored in chunks. */
    CHUNKED
  }

  private final Target target;

  StoreFault(Target target) {
    this.target = target;
  }

  Target target() {
    return target;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
