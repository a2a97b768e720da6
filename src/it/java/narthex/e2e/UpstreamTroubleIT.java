package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import narthex.nix.Compression;
import narthex.nix.StorePath;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.UpstreamRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever the upstream does, a client gets the right bytes, uses another substituter, or gets a
 * miss.
 */
class UpstreamTroubleIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final Predicate<UpstreamRequest> NAR_INFOS =
      request -> request.target().endsWith(".narinfo");
  private static final Predicate<UpstreamRequest> NARS =
      request -> request.target().startsWith("/nar/");

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void anInterruptedUpstreamTransferIsInvisibleToTheClient(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      scene.upstream().fail(NARS, Fault.cutAfter(5), 1);
      scene.upstream().fail(NARS, Fault.resetAfter(100_000), 1);
      NixClient client = scene.client(release);

      Command.Outcome outcome = client.realise(closure.root(), scene.server().url());

      outcome.expectSuccess();
      assertFalse(outcome.errors().contains("retrying"), outcome.toString());
      Substitution.assertComplete(client, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aMissingPathIsBuiltFromTheNextSubstituter(NixRelease release) {
    Closure closure = CONTENT.chain();
    try (Scene scene = Scene.of(FaultyUpstream.start(), CONTENT.publicKey(), Map.of());
        FaultyUpstream next = lastResort(closure)) {
      NixClient client = scene.client(release);

      client.realise(closure.root(), scene.server().url(), next.url()).expectSuccess();

      Substitution.assertComplete(client, closure);
      assertTrue(scene.upstream().requests().matching(NAR_INFOS).size() > 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"OLD,500", "OLD,503", "OLD,429", "OLD,403", "NEW,500", "NEW,503", "NEW,429"})
  void anUpstreamThatFailsIsAMissAndNeverAFailedBuild(NixRelease release, int status) {
    Closure closure = CONTENT.diamond();
    String narInfo = "/" + StorePath.parse(closure.root()).hash().text() + ".narinfo";
    try (Scene scene = impatient(closure);
        FaultyUpstream next = lastResort(closure)) {
      scene.upstream().fail(NAR_INFOS, Fault.status(status), Integer.MAX_VALUE);

      HttpResponse<String> miss = scene.server().fetch(narInfo);
      assertEquals(404, miss.statusCode());
      assertEquals("no-store", miss.headers().firstValue("Cache-Control").orElse(""));

      assertTrue(scene.upstream().requests().count(narInfo) > 1 || status == 403, "was retried");

      NixClient client = scene.client(release);
      client.realise(closure.root(), scene.server().url(), next.url()).expectSuccess();
      Substitution.assertComplete(client, closure);
      assertTrue(next.requests().countGetsBelow("/nar/") > 0);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void anUpstreamThatIsDownFromTheStartIsAMiss(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = impatient(closure);
        FaultyUpstream next = lastResort(closure)) {
      scene.upstream().goDown();
      NixClient client = scene.client(release);

      client.realise(closure.root(), scene.server().url(), next.url()).expectSuccess();

      Substitution.assertComplete(client, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aCorruptNarNeverReachesAStoreAndAHealedUpstreamIsTriedAgain(NixRelease release) {
    Closure closure = CONTENT.oddities();
    try (Scene scene = Scene.of(closure, Compression.NONE)) {
      scene.upstream().fail(NARS, Fault.flipByte(10_000), Integer.MAX_VALUE);
      NixClient unlucky = scene.client(release);
      assertFalse(unlucky.realise(closure.root(), scene.server().url()).succeeded());
      assertFalse(unlucky.has(closure.root()));

      scene.upstream().heal();

      NixClient lucky = scene.client(release);
      lucky.realise(closure.root(), scene.server().url()).expectSuccess();
      Substitution.assertComplete(lucky, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aShortNarNeverReachesAStore(NixRelease release) {
    Closure closure = CONTENT.oddities();
    try (Scene scene = Scene.of(closure, Compression.XZ);
        FaultyUpstream next = lastResort(closure)) {
      scene.upstream().fail(NARS, Fault.shortBody(40), Integer.MAX_VALUE);
      NixClient client = scene.client(release);

      client.realise(closure.root(), scene.server().url(), next.url()).expectSuccess();

      Substitution.assertComplete(client, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void anUpstreamThatThrottlesOnceIsAskedAgain(NixRelease release) {
    Closure closure = CONTENT.diamond();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      scene.upstream().fail(NAR_INFOS, Fault.status(429, Duration.ofSeconds(1)), 1);
      NixClient client = scene.client(release);

      client.realise(closure.root(), scene.server().url()).expectSuccess();

      Substitution.assertComplete(client, closure);
    }
  }

  /** With a server that retries a few times only, to save the time of a test. */
  private static Scene impatient(Closure closure) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    return Scene.of(upstream, CONTENT.publicKey(), Map.of("narthex.upstream.retry-within", "2s"));
  }

  /** A working substituter that clients only use if the others have no answer. */
  private static FaultyUpstream lastResort(Closure closure) {
    FaultyUpstream upstream = FaultyUpstream.start();
    upstream.putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    return NarFixture.publishCacheInfo(upstream, 1000);
  }
}
