package narthex.e2e;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.Relay;

/** An upstream, a Narthex that pulls through from it, and clients. Closing it stops all of them. */
final class Scene implements AutoCloseable {
  private static final NixContent CONTENT = NixContent.shared();

  private final FaultyUpstream upstream;
  private final NarthexServer server;
  private final List<NixClient> clients = new ArrayList<>();
  private final List<Relay> relays = new ArrayList<>();

  private Scene(FaultyUpstream upstream, NarthexServer server) {
    this.upstream = upstream;
    this.server = server;
  }

  /** The upstream has only this closure, in this compression. */
  static Scene of(Closure closure, Compression compression) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, compression));
    return of(upstream, CONTENT.publicKey(), Map.of());
  }

  /** With an upstream whose narinfos are signed by this key; the scene closes it. */
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

  /** The upstream is empty, and uploads are on. */
  static Scene withUploads() {
    return withUploads(Map.of());
  }

  /** Like {@link #withUploads()}, with more settings. */
  static Scene withUploads(Map<String, String> moreSettings) {
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    return withUploads(upstream, moreSettings);
  }

  /** With this upstream, and uploads are on. */
  static Scene withUploads(FaultyUpstream upstream, Map<String, String> moreSettings) {
    Map<String, String> settings = new TreeMap<>(moreSettings);
    settings.put("narthex.upload.enabled", "true");
    return of(upstream, CONTENT.publicKey(), settings);
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  NarthexServer server() {
    return server;
  }

  /** A new machine that trusts the upstream's key only. */
  NixClient client(NixRelease release) {
    return client(release, CONTENT.publicKey());
  }

  /** A new machine that trusts these keys only. */
  NixClient client(NixRelease release, String... publicKeys) {
    NixClient client = NixClient.trusting(release, publicKeys);
    clients.add(client);
    return client;
  }

  /** A machine that has these closures in its store and doesn't trust Narthex's key. */
  NixClient source(NixRelease release, Closure... closures) {
    NixClient source = client(release);
    for (Closure closure : closures) {
      String cache = "file://" + CONTENT.binaryCache(closure, Compression.ZSTD);
      source.copyFrom(cache, closure.root()).expectSuccess();
    }
    return source;
  }

  /** The URL for uploads. */
  String uploadUrl() {
    return server.url() + "/upload";
  }

  /** A relay in front of the server, to log or hold the requests of clients. */
  Relay relay() {
    Relay relay = Relay.to(server.url());
    relays.add(relay);
    return relay;
  }

  /** New machines of both releases that trust the server's key only substitute the closures. */
  void assertReadBack(Closure... closures) {
    String[] roots = Arrays.stream(closures).map(Closure::root).toArray(String[]::new);
    for (NixRelease release : NixRelease.values()) {
      try (NixClient reader = NixClient.trusting(release, server.publicKey())) {
        reader.copyFrom(server.url(), roots).expectSuccess();
        for (Closure closure : closures) {
          Substitution.assertComplete(reader, closure);
        }
      }
    }
  }

  /** Number of requests for NARs that the upstream got. */
  int upstreamNarGets() {
    return upstream.requests().countGetsBelow("/nar/");
  }

  @Override
  public void close() {
    relays.forEach(Relay::close);
    clients.forEach(NixClient::close);
    server.close();
    upstream.close();
  }
}
