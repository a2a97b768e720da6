package narthex.db;

import java.util.Arrays;
import java.util.Locale;

/**
 * A part of a manifest: consecutive chunks of a NAR.
 *
 * @param part index of the part in the manifest, from 0
 * @param narOffset offset of its first chunk in the NAR, in bytes
 * @param framesOffset offset of its first frame in the concatenated frames of the NAR
 * @param length total length of its chunks
 * @param framesLength total length of its frames
 * @param numbers the numbers of its chunks in order; not copied, callers must not change them
 */
@SuppressWarnings("ArrayRecordComponent") // a list of boxed numbers would take too much memory
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
