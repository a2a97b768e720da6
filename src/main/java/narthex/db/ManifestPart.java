package narthex.db;

import java.util.Arrays;
import java.util.Locale;

/**
 * A stretch of a NAR that is stored as chunks.
 *
 * @param part which one, from 0
 * @param narOffset where it begins in the NAR
 * @param framesOffset where its first frame begins, were all frames of the NAR put back to back
 * @param length bytes of the NAR in it
 * @param framesLength bytes of its frames
 * @param numbers its chunks in their order; not copied, and not to be changed
 */
@SuppressWarnings("ArrayRecordComponent") // a million boxed numbers would be no improvement
public record ManifestPart(
    int part, long narOffset, long framesOffset, long length, long framesLength, long[] numbers) {

  @Override
  public boolean equals(Object other) {
    return other instanceof ManifestPart that
        && part == that.part
        && narOffset == that.narOffset
        && framesOffset == that.framesOffset
        && length == that.length
        && framesLength == that.framesLength
        && Arrays.equals(numbers, that.numbers);
  }

  @Override
  public int hashCode() {
    return 31 * Long.hashCode(narOffset) + Arrays.hashCode(numbers);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "ManifestPart[%d nar=%d+%d frames=%d+%d chunks=%d]",
        part,
        narOffset,
        length,
        framesOffset,
        framesLength,
        numbers.length);
  }
}
