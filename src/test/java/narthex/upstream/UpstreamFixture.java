package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.net.UnknownHostException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.HttpUrl;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderShare;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import org.jspecify.annotations.Nullable;

/** A server with one store path, and clients for it. Closing it closes all of them. */
final class UpstreamFixture implements Closeable {
  private static final long DECODER_BYTES = 256 << 20;
  static final String STORE_DIR = "/nix/store";
  static final Duration LONG = Duration.ofSeconds(30);
  static final UpstreamPolicy.Limits PATIENT = limits(LONG, LONG, 1000, LONG);

  final SecretKey key = SecretKey.generate("upstream-1", new SecureRandom());
  final FaultyUpstream server = FaultyUpstream.start();
  final NarFixture nar = NarFixture.random(1, 5_000, Compression.XZ);
  final NarFixture.Published published;
  private final List<Upstream> opened = new ArrayList<>();

  UpstreamFixture() {
    NarFixture.publishCacheInfo(server, 40);
    published = nar.publishTo(server, key);
  }

  static UpstreamPolicy.Limits limits(
      Duration read, Duration retryWithin, int failuresToOpen, Duration probeAfter) {
    return new UpstreamPolicy.Limits(LONG, read, retryWithin, 8, failuresToOpen, probeAfter);
  }

  UpstreamPolicy settings(String url, UpstreamPolicy.Limits limits) {
    return new UpstreamPolicy(
        HttpUrl.parse(url), List.of(key.publicKey()), null, UpstreamPolicy.Trust.SIGNED, limits);
  }

  Upstream upstream() {
    return upstream(PATIENT);
  }

  Upstream upstream(UpstreamPolicy.Limits limits) {
    return upstream(settings(server.url(), limits), Netrc.empty());
  }

  Upstream upstream(String url, Netrc netrc) {
    return upstream(settings(url, PATIENT), netrc);
  }

  Upstream upstream(List<PublicKey> keys, @Nullable Integer priority, UpstreamPolicy.Trust trust) {
    HttpUrl url = HttpUrl.parse(server.url());
    return upstream(new UpstreamPolicy(url, keys, priority, trust, PATIENT), Netrc.empty());
  }

  static final AddressRule.Resolver UNKNOWN_HOST =
      host -> {
        throw new UnknownHostException(host);
      };

  /** A client that reaches the server by this host name, which the resolver resolves. */
  Upstream resolving(String host, AddressRule.Resolver resolver) {
    return through(
        server.url().replace("127.0.0.1", host), UpstreamNetwork.direct(Netrc.empty()), resolver);
  }

  /** A client without retries that uses these network settings. */
  Upstream through(String url, UpstreamNetwork network, AddressRule.Resolver resolver) {
    UpstreamPolicy.Limits limits = limits(LONG, Duration.ZERO, 1000, LONG);
    Upstream upstream =
        new Upstream(settings(url, limits), STORE_DIR, network, decoders(), resolver);
    opened.add(upstream);
    return upstream;
  }

  private Upstream upstream(UpstreamPolicy settings, Netrc netrc) {
    Upstream upstream = new Upstream(settings, STORE_DIR, netrc, decoders());
    opened.add(upstream);
    return upstream;
  }

  private static DecoderShare decoders() {
    return new DecoderBudget(DECODER_BYTES).share(DecoderBudget.Work.DOWNLOADS);
  }

  /** Number of GETs of the path's narinfo. */
  int narInfoGets() {
    return server.requests().count("GET", published.narInfoTarget());
  }

  @Override
  public void close() throws IOException {
    for (Upstream upstream : opened) {
      upstream.close();
    }
    server.close();
  }
}
