package narthex.wiring;

import java.time.Duration;

/** The rows of the {@link SettingTable} that say how upstreams are reached. */
final class UpstreamNetworkSettings {
  static final Setting<Duration> ANSWER_WITHIN =
      new Setting<>(
          "narthex.upstream.answer-within",
          SettingType.POSITIVE_DURATION,
          "1m",
          "how long the search for a narinfo may take over all upstreams, retries included; after"
              + " it the client gets a 404");

  private UpstreamNetworkSettings() {}
}
