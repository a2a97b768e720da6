package narthex.configs;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import narthex.s3.S3Proxy;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.PortPair;

/**
 * A Tomcat and a WildFly that are replicas of one cache in eager mode, configured by the files of
 * server-configs. They share a PostgreSQL database, a bucket and an upstream. Closing it stops all
 * of them.
 */
final class ContainerReplicas implements AutoCloseable {
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Path folder;
  private final FaultyUpstream upstream;
  private final SharedDatabase database;
  private final S3Proxy bucket;
  private final Replica tomcat;
  private final Replica wildFly;

  /** A server in a process of its own. */
  record Replica(ServerProgram program, String url) {
    /** Whether the log of this server says that it has stored a NAR of this hash. */
    boolean hasStored(String hash) throws IOException {
      return program.log().contains(" nar stored hash=" + hash);
    }
  }

  private ContainerReplicas(Path folder) throws Exception {
    this.folder = folder;
    this.upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40);
    open.push(upstream);
    try {
      this.database = SharedDatabase.start();
      open.push(database);
      this.bucket = S3Proxy.start(folder);
      open.push(bucket);
      this.tomcat = startTomcat();
      this.wildFly = startWildFly();
    } catch (Exception | AssertionError e) {
      close();
      throw e;
    }
  }

  /** Starts everything; returns when the replicas know each other. */
  static ContainerReplicas start(Path folder) throws Exception {
    ContainerReplicas replicas = new ContainerReplicas(folder);
    try {
      for (Replica replica : List.of(replicas.wildFly, replicas.tomcat)) {
        replica.program().awaitAnswer(200, replica.url() + "/readyz");
        replica.program().awaitLine("members=2");
      }
      return replicas;
    } catch (Exception | AssertionError e) {
      replicas.close();
      throw e;
    }
  }

  FaultyUpstream upstream() {
    return upstream;
  }

  Replica tomcat() {
    return tomcat;
  }

  Replica wildFly() {
    return wildFly;
  }

  private Replica startTomcat() throws Exception {
    Path home = Delivered.unzip("tomcat.zip", folder);
    int port = ServerProgram.freePort();
    String server = Delivered.config("tomcat/server.xml").replace("8080", "" + port);
    String context =
        Delivered.config("tomcat/ROOT.xml")
            .replace("/opt/narthex/narthex.war", Delivered.war().toString());
    Path contexts = Files.createDirectories(home.resolve("conf/Catalina/localhost"));
    Files.writeString(contexts.resolve("ROOT.xml"), context);
    Files.writeString(home.resolve("conf/server.xml"), server);
    Files.writeString(home.resolve("bin/setenv.sh"), Delivered.config("tomcat/setenv.sh"));
    Files.writeString(home.resolve("conf/narthex.properties"), settings());
    return started(port, List.of(home.resolve("bin/catalina.sh").toString(), "run"));
  }

  private Replica startWildFly() throws Exception {
    Path home = Delivered.unzip("wildfly-dist.zip", folder);
    Files.copy(Delivered.war(), folder.resolve("narthex.war"));
    String script = "narthex-offline.cli";
    Files.writeString(folder.resolve(script), Delivered.config("wildfly/" + script));
    Files.writeString(home.resolve("standalone/configuration/narthex.properties"), settings());
    String said =
        ServerProgram.run(
            folder, List.of(home.resolve("bin/jboss-cli.sh").toString(), "--file=" + script));
    assertTrue(!said.contains("WFLYCTL0062") && !said.contains("\"failed\""), said);
    int port = ServerProgram.freePort();
    return started(
        port,
        List.of(
            home.resolve("bin/standalone.sh").toString(),
            "-Djboss.http.port=" + port,
            "-Djboss.https.port=" + ServerProgram.freePort(),
            "-Djboss.management.http.port=" + ServerProgram.freePort()));
  }

  private Replica started(int port, List<String> command) throws IOException {
    ServerProgram program = ServerProgram.start(folder, command);
    open.push(program);
    return new Replica(program, "http://127.0.0.1:" + port);
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

  @Override
  public void close() throws Exception {
    while (!open.isEmpty()) {
      open.pop().close();
    }
  }
}
