package narthex.e2e;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;

/** An upstream, a Narthex that pulls through from it, and clients. Closing ends them all. */
final class Scene implements AutoCloseable {
  private static final NixContent CONTENT = NixContent.shared();

  private final FaultyUpstream upstream;
  private final NarthexServer server;
  private final List<NixClient> clients = new ArrayList<>();

  private Scene(FaultyUpstream upstream, NarthexServer server) {
    this.upstream = upstream;
    this.server = server;
  }

  /** The upstream has this closure in this compression and nothing else. */
  static Scene of(Closure closure, Compression compression) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, compression));
    return of(upstream, CONTENT.publicKey(), Map.of());
  }

  /** With this upstream, which the scene closes, whose narinfos are signed with this key. */
  static Scene of(FaultyUpstream upstream, String publicKey, Map<String, String> moreSettings) {
    Map<String, String> settings = new TreeMap<>(moreSettings);
    settings.put("narthex.upstreams", upstream.url());
    settings.put("narthex.upstream.public-keys", publicKey);
    try {
      return new Scene(upstream, NarthexServer.start(settings));
    } catch (RuntimeException | AssertionError e) {
      upstream.close();
      throw e;
    }
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  NarthexServer server() {
    return server;
  }

  /** A fresh machine that trusts the upstream's key only. */
  NixClient client(NixRelease release) {
    return client(release, CONTENT.publicKey());
  }

  /** A fresh machine that trusts these keys only. */
  NixClient client(NixRelease release, String... publicKeys) {
    NixClient client = NixClient.trusting(release, publicKeys);
    clients.add(client);
    return client;
  }

  /** How many requests for NARs the upstream has got. */
  int upstreamNarGets() {
    return upstream.requests().countGetsBelow("/nar/");
  }

  @Override
  public void close() {
    clients.forEach(NixClient::close);
    server.close();
    upstream.close();
  }
}
