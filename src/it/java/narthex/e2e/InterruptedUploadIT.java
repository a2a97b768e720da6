package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import narthex.nix.StorePath;
import narthex.testing.Gate;
import narthex.testing.Relay;
import narthex.testing.UpstreamRequest;
import org.junit.jupiter.api.Test;

/**
 * A client or server dies in the middle of an upload: nothing incomplete becomes visible, and the
 * next upload succeeds.
 */
class InterruptedUploadIT {
  private static final NixContent CONTENT = NixContent.shared();
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final String OPTIONS = "/upload?compression=zstd&compression-level=1";
  private static final Predicate<UpstreamRequest> NAR_PUTS =
      request -> request.method().equals("PUT") && request.target().startsWith("/upload/nar/");

  @Test
  void ofAnUploadWhoseClientDiedNothingIsVisibleAndTheNextOneSucceeds() {
    Closure closure = CONTENT.big();
    Gate gate = new Gate();
    try (Scene scene = Scene.withUploads()) {
      Relay relay = scene.relay().hold(NAR_PUTS, 20_000_000, gate);
      NixClient source = scene.source(NixRelease.NEW, closure);
      Command.Running copy = source.startCopyTo(relay.url() + OPTIONS, closure.root());
      gate.awaitArrivals(1, SOON);

      copy.kill();
      assertNothingIsVisible(scene, closure, relay);
      gate.open();
      assertNothingIsVisible(scene, closure, relay);

      source.copyTo(relay.url() + OPTIONS, List.of(closure.root())).expectSuccess();
      assertEquals(2, relay.requests().matching(NAR_PUTS).size());
      scene.assertReadBack(closure);
    }
  }

  @Test
  void anUploadInWhichTheServerDiedIsRepeatedAfterTheRestart() {
    Closure closure = CONTENT.big();
    Gate gate = new Gate();
    try (Scene scene = Scene.withUploads()) {
      Relay relay = scene.relay().hold(NAR_PUTS, 20_000_000, gate);
      NixClient source = scene.source(NixRelease.OLD, closure);
      Command.Running copy = source.startCopyTo(relay.url() + OPTIONS, closure.root());
      gate.awaitArrivals(1, SOON);

      scene.server().kill();
      gate.open();
      assertFalse(copy.await(DEADLINE).succeeded());
      scene.server().restart();

      assertNothingIsVisible(scene, closure, relay);
      source.copyTo(relay.url() + OPTIONS, List.of(closure.root())).expectSuccess();
      scene.assertReadBack(closure);
    }
  }

  @Test
  void whatWasAcknowledgedBeforeAKillIsServedAfterIt() {
    Closure closure = CONTENT.diamond();
    try (Scene scene = Scene.withUploads()) {
      NixClient source = scene.source(NixRelease.OLD, closure);
      source.copyTo(scene.uploadUrl(), List.of(closure.root())).expectSuccess();

      scene.server().kill();
      scene.server().restart();

      scene.assertReadBack(closure);
    }
  }

  private static void assertNothingIsVisible(Scene scene, Closure closure, Relay relay) {
    String narInfo = "/" + StorePath.parse(closure.root()).hash().text() + ".narinfo";
    List<UpstreamRequest> puts = relay.requests().matching(NAR_PUTS);
    assertTrue(puts.size() > 0);
    assertEquals(404, scene.server().head("/upload" + narInfo).statusCode());
    assertEquals(404, scene.server().head(narInfo).statusCode());
    for (UpstreamRequest put : puts) {
      assertEquals(404, scene.server().head(put.target()).statusCode());
      String plain = put.target().substring("/upload".length());
      assertEquals(404, scene.server().head(plain).statusCode());
    }
  }
}
