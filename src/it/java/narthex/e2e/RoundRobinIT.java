package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import narthex.configs.RoundRobin;
import narthex.nix.Compression;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nix clients behind HAProxy, which sends each of their requests to the next replica. */
@Tag("s3")
class RoundRobinIT {
  private static final NixContent CONTENT = NixContent.shared();

  @TempDir static Path folder = Path.of("replaced");

  @SuppressWarnings("NullAway.Init") // JUnit calls start first
  private static TwoReplicas replicas;

  @SuppressWarnings("NullAway.Init")
  private static RoundRobin proxy;

  @BeforeAll
  static void start() throws Exception {
    replicas = TwoReplicas.start(folder, "eager");
    proxy = RoundRobin.start(folder, replicas.first().url(), replicas.second().url());
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    replicas.close();
  }

  @Test
  void aColdClosureIsFetchedOnceForClientsOfBothReplicas() {
    Closure closure = CONTENT.system();
    replicas.upstream().putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    int before = replicas.upstream().requests().countGetsBelow("/nar/");

    readBackByAll(closure);

    int paths = closure.paths().size();
    int gets = replicas.upstream().requests().countGetsBelow("/nar/") - before;
    assertTrue(gets >= paths && gets <= 2 * paths, () -> "GETs: " + gets);
    if (!hasWorkedAlone(replicas.first()) && !hasWorkedAlone(replicas.second())) {
      assertEquals(paths, gets);
    }
    assertTrue(stored(replicas.first()) > 0, () -> replicas.first().log());
    assertTrue(stored(replicas.second()) > 0, () -> replicas.second().log());
  }

  @Test
  void aClosureIsPushedToBothReplicasAndReadBackFromOne() {
    Closure[] closures = {CONTENT.chain(), CONTENT.diamond(), CONTENT.oddities()};
    forEachRelease(
        release -> {
          try (NixClient source = NixClient.trusting(release, CONTENT.publicKey())) {
            for (Closure closure : closures) {
              String cache = "file://" + CONTENT.binaryCache(closure, Compression.ZSTD);
              source.copyFrom(cache, closure.root()).expectSuccess();
            }
            source.copyTo(proxy.url() + "/upload", roots(closures)).expectSuccess();
          }
        });
    readBackByAll(closures);

    replicas.first().kill();
    try {
      readBackByAll(closures);
    } finally {
      replicas.restartFirst();
    }
  }

  @Test
  void clientsNoticeNoRollingChangeOfTheMode() {
    Closure closure = CONTENT.manyFiles();
    replicas.upstream().putDirectory("/", CONTENT.binaryCache(closure, Compression.XZ));
    String key = replicas.second().publicKey();
    replicas.restartFirst("off");
    try (NixClient old = NixClient.trusting(NixRelease.OLD, key);
        NixClient recent = NixClient.trusting(NixRelease.NEW, key)) {
      List<NixClient> clients = List.of(old, recent);
      clients.parallelStream().forEach(client -> copy(client, closure));

      replicas.restartFirst("eager");

      clients.forEach(NixClient::emptyStore); // they remember narinfos of both modes
      clients.parallelStream().forEach(client -> copy(client, closure));
    }
  }

  private static void copy(NixClient client, Closure... closures) {
    client.copyFrom(proxy.url(), roots(closures).toArray(String[]::new)).expectSuccess();
    for (Closure closure : closures) {
      Substitution.assertComplete(client, closure);
    }
  }

  /** New machines of both releases, which trust the replicas' key only, copy at the same time. */
  private static void readBackByAll(Closure... closures) {
    String key = replicas.second().publicKey();
    forEachRelease(
        release -> {
          try (NixClient reader = NixClient.trusting(release, key)) {
            copy(reader, closures);
          }
        });
  }

  private static List<String> roots(Closure... closures) {
    return Arrays.stream(closures).map(Closure::root).toList();
  }

  /** For all releases at the same time. */
  private static void forEachRelease(Consumer<NixRelease> action) {
    Stream.of(NixRelease.values()).parallel().forEach(action);
  }

  /** Whether a call into the cluster took too long, which may cost a second GET. */
  private static boolean hasWorkedAlone(NarthexServer server) {
    return server.log().contains("working alone");
  }

  private static long stored(NarthexServer server) {
    return server.log().lines().filter(line -> line.contains(" nar stored hash=")).count();
  }
}
