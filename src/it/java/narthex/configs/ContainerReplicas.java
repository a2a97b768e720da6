package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import narthex.ingest.CdcMode;
import narthex.replicas.ReplicaServer;
import narthex.s3.S3Proxy;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.PortPair;
import narthex.wiring.StoppedStore;

/**
 * A Tomcat and a WildFly that are replicas of one cache, configured by the files of server-configs:
 * at first in eager mode. They share a PostgreSQL database, a bucket and an upstream. Closing it
 * stops all of them, and checks what the replicas left.
 */
final class ContainerReplicas implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path folder;
  private final FaultyUpstream upstream;
  private final SharedDatabase database;
  private final S3Proxy bucket;
  private final Container tomcat;
  private final Container wildFly;
  private CdcMode mode = CdcMode.EAGER;

  private ContainerReplicas(Path folder) throws Exception {
    this.folder = folder;
    this.upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    open.push(upstream);
    try {
      this.database = SharedDatabase.start();
      open.push(database);
      this.bucket = S3Proxy.start(folder);
      open.push(bucket);
      open.push(() -> StoppedStore.assertSound(left()));
      this.tomcat = installTomcat();
      open.push(tomcat);
      this.wildFly = installWildFly();
      open.push(wildFly);
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Starts everything; returns when the replicas know each other. */
  static ContainerReplicas start(Path folder) throws Exception {
    ContainerReplicas replicas = new ContainerReplicas(folder);
    try {
      replicas.tomcat.start();
      replicas.wildFly.start();
      replicas.awaitBoth();
      return replicas;
    } catch (Exception | AssertionError e) {
      replicas.close();
      throw e;
    }
  }

  /** Restarts both replicas in this CDC mode, unless they are in it. */
  void ensure(CdcMode wanted) throws Exception {
    if (wanted != mode) {
      for (Container container : List.of(tomcat, wildFly)) {
        container.restartIn(wanted);
      }
      mode = wanted;
      awaitBoth();
    }
  }

  private void awaitBoth() throws Exception {
    for (Container container : List.of(wildFly, tomcat)) {
      container.program().awaitAnswer(200, container.url() + "/readyz");
      container.program().awaitLine("members=2");
    }
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  ReplicaServer tomcat() {
    return tomcat.seen();
  }

  ReplicaServer wildFly() {
    return wildFly.seen();
  }

  private Container installTomcat() throws Exception {
    Path home = Delivered.unzip("tomcat.zip", folder);
    int port = PortPair.find();
    String server = Delivered.config("tomcat/server.xml").replace("8080", "" + port);
    String context =
        Delivered.config("tomcat/ROOT.xml")
            .replace("/opt/narthex/narthex.war", Delivered.war().toString());
    Path contexts = Files.createDirectories(home.resolve("conf/Catalina/localhost"));
    Files.writeString(contexts.resolve("ROOT.xml"), context);
    Files.writeString(home.resolve("conf/server.xml"), server);
    Files.writeString(home.resolve("bin/setenv.sh"), Delivered.config("tomcat/setenv.sh"));
    Path settings = Files.writeString(home.resolve("conf/narthex.properties"), settings());
    List<String> command = List.of(home.resolve("bin/catalina.sh").toString(), "run");
    return new Container(folder, command, "http://127.0.0.1:" + port, settings);
  }

  private Container installWildFly() throws Exception {
    Path home = Delivered.unzip("wildfly-dist.zip", folder);
    Files.copy(Delivered.war(), folder.resolve("narthex.war"));
    String script = "narthex-offline.cli";
    Files.writeString(folder.resolve(script), Delivered.config("wildfly/" + script));
    Path settings =
        Files.writeString(home.resolve("standalone/configuration/narthex.properties"), settings());
    String said =
        ServerProgram.run(
            folder, List.of(home.resolve("bin/jboss-cli.sh").toString(), "--file=" + script));
    assertTrue(!said.contains("WFLYCTL0062") && !said.contains("\"failed\""), said);
    int port = PortPair.find();
    List<String> command =
        List.of(
            home.resolve("bin/standalone.sh").toString(),
            "-Djboss.http.port=" + port,
            "-Djboss.https.port=" + PortPair.find(),
            "-Djboss.management.http.port=" + PortPair.find());
    return new Container(folder, command, "http://127.0.0.1:" + port, settings);
  }

  /** The delivered settings, with the addresses of this machine. */
  private String settings() throws IOException {
    String delivered = Delivered.config("narthex-replicas.properties");
    String shared = delivered.replace("//db.example.org/", "//localhost/");
    return database
            .in(shared)
            .replace(
                "s3://nix-cache/narthex?region=eu-central-1",
                "s3://" + S3Proxy.BUCKET + "/narthex?endpoint=" + bucket.url())
            .replace("#narthex.cluster.bind-address=auto", "narthex.cluster.bind-address=127.0.0.1")
            .replace("#narthex.cluster.port=7800", "narthex.cluster.port=" + PortPair.find())
        + """
        narthex.database.password=secret
        narthex.blob.access-key=%s
        narthex.blob.secret-key=%s
        narthex.upstreams=%s
        narthex.upstream.allow-unsigned=true
        narthex.upload.enabled=true
        """
            .formatted(S3Proxy.ACCESS_KEY, S3Proxy.SECRET_KEY, upstream.url());
  }

  /** The settings for what both replicas leave. */
  private Map<String, String> left() throws IOException {
    Properties settings = new Properties();
    settings.load(new StringReader(settings()));
    Map<String, String> left = new TreeMap<>();
    settings.stringPropertyNames().stream()
        .filter(name -> !name.startsWith("narthex.cluster."))
        .forEach(name -> left.put(name, settings.getProperty(name)));
    left.put("narthex.data-dir", folder.resolve("left").toString());
    return left;
  }

  @Override
  public void close() throws Exception {
    if (!open.isEmpty()) {
      try {
        open.pop().close();
      } finally {
        close();
      }
    }
  }
}
