package narthex.upstream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The state of an upstream as shown to users.
 *
 * @param base the base URL without credentials
 * @param use whether it is asked
 * @param text a description such as {@code up} or {@code suspended until …: Connection refused}
 * @param latency how long it took to answer lately, a moving average; null before the first answer
 */
public record UpstreamState(String base, Use use, String text, @Nullable Duration latency) {
  /** Whether an upstream is asked. */
  public enum Use {
    /** It is asked. */
    ASKED,
    /** It has failed too often, and is left alone for a while. */
    SUSPENDED
  }
}
