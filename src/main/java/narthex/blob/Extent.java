package narthex.blob;

import java.util.Locale;
import java.util.Objects;

/**
 * A range of a blob that holds a piece of a representation.
 *
 * @param blob key of the blob
 * @param offset offset of the range in the blob, in bytes
 * @param storedLength length of the range in bytes
 * @param length length of the decoded piece in bytes; equal to {@code storedLength} if the blob has
 *     it unencoded
 * @param skip decoded bytes of the range before the piece; the range may also decode to more bytes
 *     than the piece
 */
public record Extent(String blob, long offset, long storedLength, long length, long skip) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number is negative or the end of the range overflows
   */
  public Extent {
    Objects.requireNonNull(blob, "blob");
    boolean overflows = offset + storedLength < 0 || skip + length < 0;
    if (offset < 0 || storedLength < 0 || length < 0 || skip < 0 || overflows) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "extent out of range: offset=%d storedLength=%d length=%d skip=%d",
              offset,
              storedLength,
              length,
              skip));
    }
  }

  /** A range of which the piece is all. */
  public Extent(String blob, long offset, long storedLength, long length) {
    this(blob, offset, storedLength, length, 0);
  }
}
