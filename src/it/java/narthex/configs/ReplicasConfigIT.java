package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import narthex.configs.ContainerReplicas.Replica;
import narthex.nix.Compression;
import narthex.nix.NarInfo;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Tomcat and a WildFly with the files of server-configs work as replicas of one cache. */
@Tag("s3")
class ReplicasConfigIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int BYTES = 12_000_000;
  private static final int START = 1_000_000;

  @TempDir private static Path folder;

  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private static ContainerReplicas replicas;

  @BeforeAll
  static void start() throws Exception {
    replicas = ContainerReplicas.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (replicas != null) {
      replicas.close();
    }
  }

  @Test
  void wildFlyFollowsWhatTomcatFetches() throws Exception {
    assertFollows("held-by-tomcat", replicas.tomcat(), replicas.wildFly());
  }

  @Test
  void tomcatFollowsWhatWildFlyFetches() throws Exception {
    assertFollows("held-by-wildfly", replicas.wildFly(), replicas.tomcat());
  }

  private static void assertFollows(String name, Replica holder, Replica follower)
      throws Exception {
    Sample sample = sample(name, BYTES).publish(replicas.upstream());
    Gate gate = new Gate();
    replicas.upstream().fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
    assertNone(holder, sample);
    assertNone(follower, sample);
    try (InputStream held = open(holder, sample)) {
      gate.awaitArrivals(1, PATIENCE);
      try (InputStream followed = open(follower, sample)) {
        byte[] start = Arrays.copyOf(sample.bytes(sample.narName(), 0), START);
        assertArrayEquals(start, held.readNBytes(START));
        assertArrayEquals(start, followed.readNBytes(START));
        assertNone(holder, sample);
        assertNone(follower, sample);
        String hash = sample.id().hash().nix32();
        assertFalse(holder.hasStored(hash), "the window was never open");
        gate.open();
        assertArrayEquals(sample.bytes(sample.narName(), START), held.readAllBytes());
        assertArrayEquals(sample.bytes(sample.narName(), START), followed.readAllBytes());
        holder.program().awaitLine(" nar stored hash=" + hash);
        assertFalse(follower.hasStored(hash));
      }
    } finally {
      gate.open();
    }
    assertEquals(1, replicas.upstream().requests().count("GET", sample.narTarget()));
  }

  @Test
  void haproxySendsEachRequestToTheNextReplica() throws Exception {
    String tomcat = replicas.tomcat().url();
    String wildFly = replicas.wildFly().url();
    try (RoundRobin proxy = RoundRobin.start(folder, tomcat, wildFly)) {
      Set<String> answered = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        String ready = ServerProgram.get(proxy.url() + "/readyz").body();
        answered.add(ready.replaceAll("(?s).* self=(\\S+).*", "$1"));
      }
      assertEquals(2, answered.size(), answered::toString);

      Sample sample = sample("uploaded", START);
      byte[] narInfo = sample.narInfo().print().getBytes(StandardCharsets.UTF_8);
      for (String url : List.of(tomcat, wildFly)) {
        assertEquals(404, ServerProgram.get(url + sample.narInfoTarget()).statusCode());
      }
      put(proxy.url() + "/upload" + sample.narTarget(), sample.bytes(sample.fileName(), 0));
      put(proxy.url() + "/upload" + sample.narInfoTarget(), narInfo);
      for (String url : List.of(proxy.url(), proxy.url(), tomcat, wildFly)) {
        String found = ServerProgram.get(url + sample.narInfoTarget()).body();
        assertEquals(sample.id(), NarInfo.parse(found).nar());
        try (InputStream nar = get(url + nar(sample)).body()) {
          assertArrayEquals(sample.bytes(sample.narName(), 0), nar.readAllBytes());
        }
      }
    }
  }

  private static Sample sample(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(name.hashCode()).nextBytes(contents);
    return Sample.of(name, NarTree.file(contents).nar(), Compression.ZSTD);
  }

  private static String nar(Sample sample) {
    return "/nar/" + sample.narName().print();
  }

  private static void assertNone(Replica replica, Sample sample) throws Exception {
    String narInfo = ServerProgram.get(replica.url() + sample.narInfoTarget()).body();
    assertEquals(Compression.NONE, NarInfo.parse(narInfo).file().compression(), narInfo);
  }

  private static InputStream open(Replica replica, Sample sample) throws Exception {
    HttpResponse<InputStream> answer = get(replica.url() + nar(sample));
    assertEquals(200, answer.statusCode());
    return answer.body();
  }

  private static HttpResponse<InputStream> get(String url) throws Exception {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(url)).timeout(PATIENCE).build(),
        BodyHandlers.ofInputStream());
  }

  private static void put(String url, byte[] body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).PUT(BodyPublishers.ofByteArray(body)).build();
    assertEquals(201, HTTP.send(request, BodyHandlers.ofString()).statusCode());
  }
}
