package narthex.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import narthex.stream.PassingInputStream;

/**
 * The body of a small response, with a minimum rate: a trickling server must not block the
 * connections of other requests. For one thread.
 */
final class SteadyInputStream extends PassingInputStream {
  /** Time that every body may take, whatever its rate. */
  static final Duration GRACE = Duration.ofSeconds(10);

  /** Minimum average rate after the grace period. */
  private static final long MIN_BYTES_PER_SECOND = 16 << 10;

  private final LongSupplier nanos;
  private final long begin;
  private long count;

  /**
   * @param nanos a clock such as {@link System#nanoTime}
   */
  SteadyInputStream(InputStream in, LongSupplier nanos) {
    super(in);
    this.nanos = nanos;
    this.begin = nanos.getAsLong();
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int read = in.read(buffer, offset, length);
    count += Math.max(read, 0);
    long seconds = (nanos.getAsLong() - begin - GRACE.toNanos()) / 1_000_000_000L;
    if (read >= 0 && seconds > count / MIN_BYTES_PER_SECOND) {
      throw new SlowAnswerException(count);
    }
    return read;
  }
}
