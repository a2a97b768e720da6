package narthex.web;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * How fast the body of a request has to come. Only the time counts in which somebody waits for the
 * client, not that of our own work between.
 *
 * @param idle a wait for the next bytes may take no longer
 * @param minBytesPerSecond after every so long a wait in all, at least so many bytes per second of
 *     it must have come; 0 is any
 * @param timer runs what ends waits that are too long; belongs to whoever made it
 * @param nanoClock tells the time, as {@link System#nanoTime()} does
 */
public record BodyPace(
    Duration idle, long minBytesPerSecond, ScheduledExecutorService timer, LongSupplier nanoClock) {

  /** Tells the time by the system's clock. */
  public BodyPace(Duration idle, long minBytesPerSecond, ScheduledExecutorService timer) {
    this(idle, minBytesPerSecond, timer, System::nanoTime);
  }
}
