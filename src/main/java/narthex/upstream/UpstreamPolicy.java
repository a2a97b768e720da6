package narthex.upstream;

import java.time.Duration;
import java.util.List;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import org.jspecify.annotations.Nullable;

/**
 * Settings of one upstream.
 *
 * @param url the base URL, http or https, possibly with {@code user:password@}
 * @param trustedKeys the keys whose signatures make a narinfo trusted
 * @param priority replaces the priority of the upstream's nix-cache-info, lower first; null to keep
 *     that
 * @param trust whether narinfos need a trusted signature
 * @param limits timeouts and limits
 */
public record UpstreamPolicy(
    HttpUrl url,
    List<PublicKey> trustedKeys,
    @Nullable Integer priority,
    Trust trust,
    Limits limits) {

  /** Whether narinfos of an upstream need a signature. */
  public enum Trust {
    /** They need a signature by a trusted key. */
    SIGNED,
    /** They don't: the upstream itself is trusted. */
    ANY
  }

  /**
   * Timeouts and limits.
   *
   * @param connect connect timeout
   * @param read read timeout
   * @param retryWithin how long after its start a request may be retried; zero for no retries
   * @param maxConnections most concurrent NAR downloads, and most other requests; documents get a
   *     quarter as many
   * @param failuresToOpen failed requests in a row after which the upstream is suspended
   * @param probeAfter how long the upstream stays suspended before it is probed
   */
  public record Limits(
      Duration connect,
      Duration read,
      Duration retryWithin,
      int maxConnections,
      int failuresToOpen,
      Duration probeAfter) {}

  /** Copies the list. */
  public UpstreamPolicy {
    trustedKeys = List.copyOf(trustedKeys);
  }

  /** Shows the URL without its credentials. */
  @Override
  public String toString() {
    return "UpstreamPolicy[url=" + url.print() + "]";
  }
}
