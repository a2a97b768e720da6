package narthex.blob;

import java.util.Locale;
import java.util.Objects;

/**
 * A range of a blob and how many bytes of the representation it stands for.
 *
 * @param blob key of the blob
 * @param offset first byte of the range in the blob, from 0
 * @param storedLength bytes of the range in the blob
 * @param length bytes that the range gives once decoded; equal to {@code storedLength} where the
 *     blob holds the bytes as they are
 */
public record Extent(String blob, long offset, long storedLength, long length) {

  /** Checks that no number is negative and that the range has an end. */
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
