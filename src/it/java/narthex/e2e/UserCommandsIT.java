package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import narthex.testing.Gate;
import narthex.testing.Relay;
import narthex.testing.UpstreamRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The commands of a user, with real Nix and a server that guards reading and writing. */
class UserCommandsIT {
  private static final String READER = "reader-0123456789";
  private static final String WRITER = "writer-0123456789";
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int LARGE_BYTES = 48_000_000;
  private static final Predicate<UpstreamRequest> NAR_PUTS =
      request -> request.method().equals("PUT") && request.target().contains("/nar/");

  private static NarthexServer server;

  private final List<NixClient> clients = new ArrayList<>();

  @BeforeAll
  static void start() {
    server =
        NarthexServer.start(
            Map.of(
                "narthex.upload.enabled",
                "true",
                "narthex.upstreams",
                "",
                "narthex.token.read",
                READER,
                "narthex.token.write",
                WRITER));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @AfterEach
  void closeClients() {
    clients.forEach(NixClient::close);
  }

  private NixClient client(NixRelease release) {
    NixClient client = NixClient.trusting(release);
    clients.add(client);
    return client;
  }

  /** A machine that has logged in. */
  private NixClient writer(NixRelease release, String... urls) {
    NixClient client = client(release);
    String token = client.file("token", WRITER + "\n").toString();
    for (String url : urls) {
      String said =
          client.startNarthex(token, "login", url).await(DEADLINE).expectSuccess().output();
      assertTrue(said.contains("it may upload"), said);
    }
    return client;
  }

  /** A machine on which {@code use} was run, and no other setting names the server. */
  private NixClient reader(NixRelease release) {
    NixClient client = client(release);
    String token = client.file("token", READER + "\n").toString();
    String conf = client.physical("/conf").toString();
    String[] use = {"use", server.url(), "--token-file", token, "--conf-dir", conf};
    client.narthex(use).expectSuccess();
    assertTrue(client.narthex(use).expectSuccess().output().startsWith("unchanged: "));
    return client;
  }

  private static String build(NixClient client, String name) {
    String attributes = "system = builtins.currentSystem; builder = \"/bin/sh\";";
    String expression =
        """
        let leaf = derivation { name = "%1$s-leaf"; %2$s args = [ "-c" "echo %1$s > $out" ]; };
        in derivation { name = "%1$s"; %2$s args = [ "-c" "echo ${leaf} $out > $out" ]; }
        """
            .formatted(name, attributes);
    return client.buildWith(expression).expectSuccess().output().strip();
  }

  private static String addLarge(NixClient client, String name) throws IOException {
    byte[] bytes = new byte[LARGE_BYTES];
    new Random(name.hashCode()).nextBytes(bytes);
    Path file = client.file(name, "");
    Files.write(file, bytes);
    return client
        .run("nix-store", List.of("--add", file.toString()))
        .expectSuccess()
        .output()
        .strip();
  }

  private void assertReadBack(NixRelease release, String path) {
    NixClient reader = reader(release);
    reader.run("nix-store", List.of("--realise", path)).expectSuccess();
    assertTrue(reader.has(path));
    reader.verifyContents().expectSuccess();
  }

  @ParameterizedTest
  @EnumSource(NixRelease.class)
  void aClosureIsPushedOnceAndOtherMachinesUseIt(NixRelease release) {
    NixClient source = writer(release, server.url());
    String root = build(source, "pushed-by-" + release.name().toLowerCase(Locale.ROOT));

    Command.Outcome first = source.narthex("push", server.url(), root).expectSuccess();
    Command.Outcome second = source.narthex("push", server.url() + "/", root).expectSuccess();

    assertTrue(first.output().contains("\nuploadedPaths: 2\n"), first.toString());
    assertTrue(second.output().contains("uploadedPaths: 0\n"), second.toString());
    assertReadBack(release, root);
  }

  @Test
  void aKilledPushIsResumed() throws Exception {
    Gate gate = new Gate();
    try (Relay relay = Relay.to(server.url())) {
      NixClient source = writer(NixRelease.OLD, relay.url());
      String root = addLarge(source, "large");
      relay.hold(NAR_PUTS, LARGE_BYTES / 2, gate);

      Command.Running push =
          source.startNarthex("/dev/null", "push", relay.url(), root, "--compression", "none");
      gate.awaitArrivals(1, DEADLINE);
      push.kill();
      relay.heal();
      gate.open();

      Command.Outcome resumed = source.narthex("push", relay.url(), root).expectSuccess();
      assertTrue(resumed.output().contains("uploadedPaths: 1\n"), resumed.toString());
      assertEquals(2, relay.requests().matching(NAR_PUTS).size());
      assertReadBack(NixRelease.OLD, root);
    }
  }

  @Test
  void whatAppearsWhileWatchingIsUploaded() {
    NixClient source = writer(NixRelease.OLD, server.url());
    String store = source.physical("/nix/store").toString();
    String before = build(source, "before-watching");
    Command.Running watch =
        source.startNarthex(
            "/dev/null", "watch", server.url(), "--store-dir", store, "--exclude", "-secret$");
    watch.awaitOutput("watching ", DEADLINE);

    String built = build(source, "watched");
    watch.awaitOutput(built, DEADLINE);
    String late = build(source, "late");
    String secret = build(source, "a-secret");
    watch.terminate();
    Command.Outcome ended = watch.await(DEADLINE);

    assertTrue(ended.output().contains(late), ended.toString());
    assertFalse(ended.output().contains(before), ended.toString());
    assertFalse(ended.output().contains(secret), ended.toString());
    assertReadBack(NixRelease.OLD, late);
  }
}
