package narthex.chunk;

import java.util.Locale;

/**
 * How long chunks are, in bytes. Two NARs share chunks only if both were cut with the same sizes.
 *
 * @param min length below which no cut point is looked for; only the last chunk of a NAR is shorter
 * @param avg length around which most chunks fall
 * @param max length at which a chunk ends whatever its bytes are
 */
public record ChunkSizes(int min, int avg, int max) {
  /** Below this the names of the chunks would weigh as much as what deduplication saves. */
  private static final int LEAST = 64;

  /** Above this a chunk is no small piece any more, and buffers would be large. */
  private static final int MOST = 64 << 20;

  /**
   * Checks the order of the sizes.
   *
   * @throws IllegalArgumentException if not {@code 64 <= min < avg < max <= 64 MiB}, with the
   *     reason in one line
   */
  public ChunkSizes {
    if (min < LEAST || max > MOST) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "chunks of %d to %d bytes are not between %d and %d",
              min,
              max,
              LEAST,
              MOST));
    }
    if (min >= avg || avg >= max) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "chunk sizes do not grow from min to avg to max: %d, %d, %d",
              min,
              avg,
              max));
    }
  }

  /** The three sizes as text: what is kept with the first chunk. */
  public String print() {
    return min + " " + avg + " " + max;
  }
}
