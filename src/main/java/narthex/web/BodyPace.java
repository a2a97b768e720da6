package narthex.web;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * How fast a client must send a request body. Only the time of blocked reads counts, not the time
 * that the server needs to process the data.
 *
 * @param idle longest wait for the next bytes
 * @param minBytesPerSecond lowest rate, measured each time the waits add up to {@code idle}; 0 for
 *     no limit
 * @param timer runs the timeouts; the caller shuts it down
 * @param nanoClock a clock such as {@link System#nanoTime()}
 */
public record BodyPace(
    Duration idle, long minBytesPerSecond, ScheduledExecutorService timer, LongSupplier nanoClock) {

  /** Uses {@link System#nanoTime()}. */
  public BodyPace(Duration idle, long minBytesPerSecond, ScheduledExecutorService timer) {
    this(idle, minBytesPerSecond, timer, System::nanoTime);
  }
}
