package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import narthex.ingest.CdcMode;
import narthex.replicas.NarInFlight;
import narthex.replicas.ReplicaServer;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A Tomcat and a WildFly with the files of server-configs work as replicas of one cache, in every
 * CDC mode.
 */
@Tag("s3")
@ParameterizedClass
@EnumSource(CdcMode.class)
class ReplicasConfigIT {
  private static final int SMALL = 1_000_000;

  @TempDir private static Path folder;

  private static ContainerReplicas replicas;

  @Parameter CdcMode mode = CdcMode.EAGER;

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

  @BeforeEach
  void ensureMode() throws Exception {
    replicas.ensure(mode);
  }

  @Test
  void wildFlyFollowsWhatTomcatFetches() throws Exception {
    new NarInFlight(mode, "held-by-tomcat", replicas.tomcat(), replicas.wildFly())
        .download(replicas.upstream());
  }

  @Test
  void tomcatFollowsWhatWildFlyFetches() throws Exception {
    new NarInFlight(mode, "held-by-wildfly", replicas.wildFly(), replicas.tomcat())
        .download(replicas.upstream());
  }

  @Test
  void wildFlyFollowsWhatIsUploadedToTomcat() throws Exception {
    new NarInFlight(mode, "put-to-tomcat", replicas.tomcat(), replicas.wildFly()).upload();
  }

  @Test
  void tomcatFollowsWhatIsUploadedToWildFly() throws Exception {
    new NarInFlight(mode, "put-to-wildfly", replicas.wildFly(), replicas.tomcat()).upload();
  }

  @Test
  void haproxySendsEachRequestToTheNextReplica() throws Exception {
    ReplicaServer tomcat = replicas.tomcat();
    ReplicaServer wildFly = replicas.wildFly();
    try (RoundRobin program = RoundRobin.start(folder, tomcat.url(), wildFly.url())) {
      ReplicaServer proxy = new ReplicaServer(program.url(), () -> "");
      Set<String> answered = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        String ready = ServerProgram.get(proxy.url() + "/readyz").body();
        answered.add(ready.replaceAll("(?s).* self=(\\S+).*", "$1"));
      }
      assertEquals(2, answered.size(), answered::toString);

      Sample sample = NarInFlight.sample(mode + "-uploaded", SMALL);
      byte[] narInfo = sample.narInfo().print().getBytes(StandardCharsets.UTF_8);
      byte[] file = sample.bytes(sample.fileName(), 0);
      for (ReplicaServer replica : List.of(tomcat, wildFly)) {
        assertEquals(404, replica.get(sample.narInfoTarget()).statusCode());
      }
      proxy.upload(sample.narTarget(), BodyPublishers.ofByteArray(file));
      proxy.upload(sample.narInfoTarget(), BodyPublishers.ofByteArray(narInfo));
      for (ReplicaServer replica : List.of(proxy, proxy, tomcat, wildFly)) {
        assertEquals(sample.id(), replica.narInfo(sample).nar());
        assertRead(replica, sample);
      }
    }
  }

  private static void assertRead(ReplicaServer replica, Sample sample) throws IOException {
    try (InputStream nar = replica.open(NarInFlight.target(sample.narName()))) {
      assertArrayEquals(sample.bytes(sample.narName(), 0), nar.readAllBytes());
    }
  }
}
