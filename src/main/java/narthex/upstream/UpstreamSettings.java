package narthex.upstream;

import java.time.Duration;
import java.util.List;
import narthex.nix.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * How one upstream is asked.
 *
 * @param url its base, http or https, possibly with {@code user:password@}
 * @param trustedKeys whose signatures make its narinfos trusted
 * @param priority overrides the priority of its own nix-cache-info, lower first
 * @param trust whether narinfos without a trusted signature are taken
 * @param limits time-outs and bounds
 */
public record UpstreamSettings(
    HttpUrl url,
    List<PublicKey> trustedKeys,
    @Nullable Integer priority,
    Trust trust,
    Limits limits) {

  /** What a narinfo needs to be taken from an upstream. */
  public enum Trust {
    /** A signature by one of the trusted keys. */
    SIGNED,
    /** Nothing: the upstream itself is trusted. */
    ANY
  }

  /**
   * Time-outs and bounds.
   *
   * @param connect longest time to connect
   * @param read longest silence on an open connection
   * @param retryWithin how long after its start a failed request may be retried, until its first
   *     byte; zero for no retry
   * @param maxConnections open NAR downloads at once, as many questions, and a quarter as many
   *     documents
   * @param failuresToOpen requests in a row without an answer after which it is left alone
   * @param probeAfter how long a dead upstream is left alone before it is tried again
   */
  public record Limits(
      Duration connect,
      Duration read,
      Duration retryWithin,
      int maxConnections,
      int failuresToOpen,
      Duration probeAfter) {}

  /** Copies the list. */
  public UpstreamSettings {
    trustedKeys = List.copyOf(trustedKeys);
  }

  /** Without the URL's credentials. */
  @Override
  public String toString() {
    return "UpstreamSettings[url=" + url.print() + "]";
  }
}
