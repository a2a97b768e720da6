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

/** An upstream, a Narthex that pulls through from it, and clients. Closing ends them all. */
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

  /** The upstream has nothing, and uploads are on. */
  static Scene withUploads() {
    return withUploads(Map.of());
  }

  /** As {@link #withUploads()}, with more settings. */
  static Scene withUploads(Map<String, String> moreSettings) {
    FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    return withUploads(upstream, moreSettings);
  }

  /** Uploads are on, beside this upstream. */
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

  /** A machine whose store has these closures, and that trusts nothing which Narthex signs. */
  NixClient source(NixRelease release, Closure... closures) {
    NixClient source = client(release);
    for (Closure closure : closures) {
      String cache = "file://" + CONTENT.binaryCache(closure, Compression.ZSTD);
      source.copyFrom(cache, closure.root()).expectSuccess();
    }
    return source;
  }

  /** Where clients upload to. */
  String uploadUrl() {
    return server.url() + "/upload";
  }

  /** A relay before the server, for who wants to see or to hold what clients send. */
  Relay relay() {
    Relay relay = Relay.to(server.url());
    relays.add(relay);
    return relay;
  }

  /** A fresh machine of either release that trusts the server's key only gets the closures. */
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

  /** How many requests for NARs the upstream has got. */
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
