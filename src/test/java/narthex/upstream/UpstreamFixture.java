package narthex.upstream;

import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.stream.DecoderBudget;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import org.jspecify.annotations.Nullable;

/** A server with one path and ways to ask it. Closes all that it opened. */
final class UpstreamFixture implements Closeable {
  private static final long DECODER_BYTES = 256 << 20;
  static final String STORE_DIR = "/nix/store";
  static final Duration LONG = Duration.ofSeconds(30);
  static final UpstreamSettings.Limits PATIENT = limits(LONG, LONG, 1000, LONG);

  final SecretKey key = SecretKey.generate("upstream-1", new SecureRandom());
  final FaultyUpstream server = FaultyUpstream.start();
  final NarFixture nar = NarFixture.random(1, 5_000, Compression.XZ);
  final NarFixture.Published published;
  private final List<Upstream> opened = new ArrayList<>();

  UpstreamFixture() {
    NarFixture.publishCacheInfo(server, 40);
    published = nar.publishTo(server, key);
  }

  static UpstreamSettings.Limits limits(
      Duration read, Duration retryWithin, int failuresToOpen, Duration probeAfter) {
    return new UpstreamSettings.Limits(LONG, read, retryWithin, 8, failuresToOpen, probeAfter);
  }

  UpstreamSettings settings(String url, UpstreamSettings.Limits limits) {
    return new UpstreamSettings(
        URI.create(url), List.of(key.publicKey()), null, UpstreamSettings.Trust.SIGNED, limits);
  }

  Upstream upstream() {
    return upstream(PATIENT);
  }

  Upstream upstream(UpstreamSettings.Limits limits) {
    return upstream(settings(server.url(), limits), Netrc.empty());
  }

  Upstream upstream(String url, Netrc netrc) {
    return upstream(settings(url, PATIENT), netrc);
  }

  Upstream upstream(
      List<PublicKey> keys, @Nullable Integer priority, UpstreamSettings.Trust trust) {
    URI url = URI.create(server.url());
    return upstream(new UpstreamSettings(url, keys, priority, trust, PATIENT), Netrc.empty());
  }

  private Upstream upstream(UpstreamSettings settings, Netrc netrc) {
    Upstream upstream =
        new Upstream(
            settings,
            STORE_DIR,
            netrc,
            new DecoderBudget(DECODER_BYTES).share(DecoderBudget.Work.DOWNLOADS));
    opened.add(upstream);
    return upstream;
  }

  /** The number of GETs for the path's narinfo. */
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
