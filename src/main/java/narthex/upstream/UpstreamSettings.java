package narthex.upstream;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
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
    URI url, List<PublicKey> trustedKeys, @Nullable Integer priority, Trust trust, Limits limits) {

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
   * @param maxConnections open NAR downloads at once, and as many narinfo requests
   * @param failuresToOpen failures in a row after which the upstream is taken for dead
   * @param probeAfter how long a dead upstream is left alone before it is tried again
   */
  public record Limits(
      Duration connect,
      Duration read,
      Duration retryWithin,
      int maxConnections,
      int failuresToOpen,
      Duration probeAfter) {}

  /** Checks the URL and copies the list. */
  public UpstreamSettings {
    String scheme = Objects.requireNonNullElse(url.getScheme(), "");
    if (!(scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https"))
        || url.getHost() == null) {
      throw new IllegalArgumentException("an upstream's URL is http or https with a host");
    }
    trustedKeys = List.copyOf(trustedKeys);
  }

  /** Without the URL's credentials. */
  @Override
  public String toString() {
    return "UpstreamSettings[host=" + url.getHost() + ", path=" + url.getPath() + "]";
  }
}
