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
 */
public record Extent(String blob, long offset, long storedLength, long length) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if a number is negative or the end of the range overflows
   */
  public Extent {
    Objects.requireNonNull(blob, "blob");
    if (offset < 0 || storedLength < 0 || length < 0 || offset + storedLength < 0) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "extent out of range: offset=%d storedLength=%d length=%d",
              offset,
              storedLength,
              length));
    }
  }
}
