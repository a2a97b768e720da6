package narthex.chunk;

import java.io.IOException;

/** The stored chunks were cut with other sizes than the configured ones. */
public final class OtherSizesException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Reports both sizes.
   *
   * @param kept the sizes of the stored chunks, as printed by {@link ChunkSizes#print}
   * @param wanted the configured sizes, printed in the same way
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
