package narthex.chunk;

import java.io.IOException;

/** The chunks that are stored were cut with other sizes than those that are set now. */
public final class OtherSizesException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Says which.
   *
   * @param kept the sizes of the first chunk, as {@link ChunkSizes#print} gives them
   * @param wanted those that are set
   */
  public OtherSizesException(String kept, String wanted) {
    super(
        "chunks were cut with min, avg and max of "
            + kept
            + " bytes; with "
            + wanted
            + " they would not be found again");
  }
}
