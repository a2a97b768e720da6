package narthex.wiring;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import javax.net.ssl.SSLContext;
import narthex.nix.ProxyRules;
import narthex.settings.Settings;
import narthex.settings.UpstreamSettings;
import narthex.stream.DecoderShare;
import narthex.upstream.Netrc;
import narthex.upstream.TrustStore;
import narthex.upstream.Upstream;
import narthex.upstream.UpstreamNetwork;
import narthex.upstream.UpstreamPolicy;
import narthex.upstream.Upstreams;
import org.jspecify.annotations.Nullable;

/** Creates the upstreams from the settings. */
public final class UpstreamAssembly {
  private UpstreamAssembly() {}

  /**
   * Creates the upstreams. The caller closes them.
   *
   * @param tasks runs requests for narinfos
   * @param decoders limits the decoding of responses with a content coding
   * @throws narthex.settings.SettingsException if the netrc file or the trust store can't be read
   */
  public static Upstreams open(Settings settings, ExecutorService tasks, DecoderShare decoders)
      throws IOException {
    Settings.Search search = settings.search();
    UpstreamNetwork network = network(search.network());
    List<Upstream> upstreams = new ArrayList<>();
    for (Settings.Upstream upstream : settings.upstreams()) {
      upstreams.add(new Upstream(policy(upstream), settings.site().storeDir(), network, decoders));
    }
    return new Upstreams(
        upstreams,
        new Upstreams.SearchPolicy(
            search.betterAnswerWait(),
            search.answerWithin(),
            search.negativeTtl(),
            search.negativeEntries()),
        tasks);
  }

  private static UpstreamPolicy policy(Settings.Upstream said) {
    Settings.Limits limits = said.limits();
    return new UpstreamPolicy(
        said.url(),
        said.trustedKeys(),
        said.priority(),
        said.allowUnsigned() ? UpstreamPolicy.Trust.ANY : UpstreamPolicy.Trust.SIGNED,
        new UpstreamPolicy.Limits(
            limits.connect(),
            limits.read(),
            limits.retryWithin(),
            limits.maxConnections(),
            limits.failuresToOpen(),
            limits.probeAfter()));
  }

  private static ProxyRules proxies(Settings.@Nullable Proxy proxy) {
    if (proxy == null) {
      return ProxyRules.ofEnvironment(System.getenv());
    }
    return proxy.url() == null ? ProxyRules.none() : ProxyRules.always(proxy.url());
  }

  private static UpstreamNetwork network(Settings.Network settings) throws IOException {
    Path netrc = settings.netrcFile();
    Path trustStore = settings.trustStore();
    return new UpstreamNetwork(
        netrc == null
            ? Netrc.empty()
            : Opening.of(UpstreamSettings.NETRC_FILE.name(), () -> Netrc.read(netrc)),
        proxies(settings.proxy()),
        trustStore == null ? null : load(trustStore, settings.trustStorePassword()),
        settings.allowedHosts());
  }

  private static SSLContext load(Path file, @Nullable String password) {
    return Opening.of(UpstreamSettings.TRUST_STORE.name(), () -> TrustStore.load(file, password));
  }

  /** Returns one line per upstream: its URL without credentials, and its state. */
  static List<String> states(Upstreams upstreams) {
    return upstreams.states().stream().map(each -> each.base() + " " + each.text()).toList();
  }
}
