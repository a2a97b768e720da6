package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A killed server loses nothing that it had stored, and leaves nothing wrong of what was in flight.
 */
class KilledServerIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final int SIGTERM_EXIT = 128 + 15;
  private static final int ROUNDS = 4;
  private static final int LEAST_ANSWERS = 10;
  private static final int MORE_ANSWERS = 60;
  private static final Duration SOON = Duration.ofSeconds(60);

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aServerKilledInADownloadServesTheClosureAfterARestart(NixRelease release) throws Exception {
    Closure closure = CONTENT.big();
    Gate gate = new Gate();
    try (Scene scene = Scene.of(closure, Compression.ZSTD)) {
      scene
          .upstream()
          .fail(r -> r.target().startsWith("/nar/"), Fault.stallAfter(20_000_000, gate), 1);
      NixClient client = scene.client(release);
      String url = scene.server().url();
      CompletableFuture<Command.Outcome> realising =
          CompletableFuture.supplyAsync(() -> client.realise(closure.root(), url));
      gate.awaitArrivals(1, SOON);

      scene.server().kill();
      gate.open();
      assertFalse(realising.get(3, TimeUnit.MINUTES).succeeded());
      scene.server().restart();

      assertEquals(url, scene.server().url());
      NixClient next = scene.client(release);
      next.realise(closure.root(), url).expectSuccess();
      Substitution.assertComplete(next, closure);
    }
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void whatIsStoredIsServedAfterAKillWithTheUpstreamDown(NixRelease release) {
    Closure closure = CONTENT.manyPaths();
    try (Scene scene = Scene.of(closure, Compression.XZ)) {
      String key = scene.server().publicKey();
      NixClient client = scene.client(release, key);
      client.realise(closure.root(), scene.server().url()).expectSuccess();
      scene.server().awaitStored(closure.paths().size());

      scene.upstream().goDown();
      scene.server().kill();
      scene.server().restart();

      assertEquals(key, scene.server().publicKey());
      NixClient next = scene.client(release, key);
      Command.Outcome outcome = next.realise(closure.root(), scene.server().url());
      assertTrue(outcome.succeeded(), () -> outcome + "\n" + scene.server().log());
      Substitution.assertComplete(next, closure);
    }
  }

  /** Closing the server checks that nothing is left over. */
  @Test
  void whatWasAcknowledgedOutlivesKillsAtRandomMoments() throws Exception {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    int kept = 0;
    try (RandomLoad load = RandomLoad.start(seed)) {
      for (int round = 0; round < ROUNDS; round++) {
        load.runAndKill(LEAST_ANSWERS + random.nextInt(MORE_ANSWERS));
        load.scene()
            .server()
            .restart(Map.of("narthex.cdc.mode", random.nextBoolean() ? "eager" : "lazy"));
        load.assertNothingLost();
        kept += load.acknowledged();
      }
    }
    assertTrue(kept > 0, "nothing was uploaded");
  }

  @Test
  void aServerThatIsAskedToStopEndsCleanlyAndComesBackOnItsPort() {
    try (NarthexServer server = NarthexServer.start(Map.of())) {
      String url = server.url();

      int exitCode = server.stop();
      server.restart();

      assertTrue(exitCode == 0 || exitCode == SIGTERM_EXIT, exitCode + "\n" + server.log());
      assertEquals(url, server.url());
      assertEquals(200, server.fetch("/healthz").statusCode());
    }
  }
}
