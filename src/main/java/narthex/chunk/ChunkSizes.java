package narthex.chunk;

import java.util.Locale;

/**
 * The parameters of FastCDC, in bytes. Two NARs share chunks only if both were cut with the same
 * sizes.
 *
 * @param min minimum chunk size; only the last chunk of a NAR may be smaller
 * @param avg average chunk size
 * @param max maximum chunk size; a chunk is cut there if no cut point was found before
 */
public record ChunkSizes(int min, int avg, int max) {
  /** With smaller chunks, the rows would take as much space as deduplication saves. */
  private static final int LEAST = 64;

  /** Larger chunks would need large buffers and hardly ever match. */
  private static final int MOST = 64 << 20;

  /**
   * Validates the sizes.
   *
   * @throws IllegalArgumentException unless {@code 64 <= min < avg < max <= 64 MiB}; the message is
   *     one line
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

  /**
   * Returns min, avg and max in decimal, separated by spaces. The database keeps this text with the
   * first chunk.
   */
  public String print() {
    return min + " " + avg + " " + max;
  }
}
