package narthex.container;

import static narthex.container.WarClient.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.RawClient;
import narthex.testing.RawHttp2Client;
import narthex.testing.node.Sample;
import narthex.web.WatchingServlet;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clients that leave while a request works for them and has nothing to send yet. */
@InApplicationServer
class LeavingClientIT {
  private static final String NAME = "leaving";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final WarClient war = new WarClient("/" + NAME);
  private final int seed = (int) (System.nanoTime() & 0xffffff);
  private static FaultyUpstream upstream;

  /** Called before the server reads its settings. */
  @Deployment(testable = false)
  static WebArchive narthexThatWatches() throws IOException {
    ServerSettings.write("narthex.http.threads=4\nnarthex.upstream.allow-unsigned=true");
    return BuiltWar.withServlet(NAME + ".war", WatchingServlet.class, "/watch");
  }

  @BeforeAll
  static void startUpstream() {
    upstream =
        NarFixture.publishCacheInfo(
            FaultyUpstream.start(Integer.getInteger("it.upstream.port")), 40);
  }

  @AfterAll
  static void stopUpstream() throws IOException {
    upstream.close();
    ServerSettings.delete();
  }

  @Test
  void aRequestNoticesThatItsClientLeft() throws Exception {
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(RawClient.head("GET", target("work", "closed")));
      await("begun", "closed");
    }
    await("ended", "closed");

    Optional<Socket> secure = connectSecurely();
    if (secure.isPresent()) {
      try (Socket client = secure.get()) {
        String head = RawClient.head("GET", target("work", "secure"));
        client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        await("begun", "secure");
      }
      await("ended", "secure");
    }
  }

  @Test
  void aRequestOfHttp2NoticesThatItsClientLeft() throws Exception {
    try (RawHttp2Client client = RawHttp2Client.connect(BuiltWar.port())) {
      client.get(target("work", "http2-reset"));
      await("begun", "http2-reset");
      client.reset();
      await("ended", "http2-reset");
    }
    try (RawHttp2Client client = RawHttp2Client.connect(BuiltWar.port())) {
      client.get(target("work", "http2-closed"));
      await("begun", "http2-closed");
    }
    await("ended", "http2-closed");
  }

  @Test
  void aClientThatWaitsIsNotTakenForGone() throws Exception {
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      String look = RawClient.head("GET", target("look", "none"));
      client.send(look); // alone
      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
      client.send(look + look); // the second one early
      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
      client.send(RawClient.head("GET", target("look", "none"), "Connection: close"));
      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
    }
    HttpResponse<Void> answer =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(BuiltWar.at(target("look", "none"))).build(),
                BodyHandlers.discarding());
    assertEquals("false", answer.headers().firstValue("Gone").orElseThrow());
  }

  @Test
  void anEarlyRequestIsAnsweredThoughTheServerLookedForTheEndOfItsConnection() throws Exception {
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(RawClient.head("GET", target("watch", "early")));
      await("begun", "early");

      client.send(RawClient.head("GET", target("look", "none")));
      assertEquals(204, war.get(question("go", "early")).statusCode());

      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
      assertEquals("false", client.read("GET").field("Gone").orElseThrow());
    }
  }

  @Test
  void theShareOfAClientThatLeftIsFreeForAnother() throws Exception {
    Sample stalled = known("stalled");
    Sample other = known("other");
    Gate gate = new Gate();
    upstream.fail(stalled.narTarget(), Fault.stallAfter(stalled.fileBytes() / 2, gate));
    try (RawClient client = RawClient.connect(BuiltWar.port())) {
      client.send(
          RawClient.head("GET", "/" + NAME + path(stalled.narName()), "Range: bytes=299990-"));
      gate.awaitArrivals(1, PATIENCE);
    }

    HttpResponse<byte[]> answer = war.get(path(other.fileName()));

    gate.open();
    assertEquals(200, answer.statusCode());
    assertArrayEquals(other.bytes(other.fileName(), 0), answer.body());
  }

  private Sample known(String name) throws IOException {
    byte[] nar = NarTree.random(seed + name.hashCode(), 300_000).nar();
    Sample sample = Sample.of(name, nar, Compression.XZ).publish(upstream);
    war.narInfo(sample);
    return sample;
  }

  private static String target(String what, String id) {
    return "/" + NAME + question(what, id);
  }

  private static String question(String what, String id) {
    return "/watch?what=" + what + "&id=" + id;
  }

  private void await(String what, String id) throws IOException {
    assertEquals(204, war.get(question(what, id)).statusCode(), id + " " + what);
  }

  /** A connection with TLS, if the server under test offers it. */
  private static Optional<Socket> connectSecurely() throws IOException, GeneralSecurityException {
    Path home = Path.of(System.getProperty("it.server.home"));
    if (!Files.isDirectory(home.resolve("standalone"))) {
      return Optional.empty(); // only WildFly has a connector for it
    }
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new AnyCertificate()}, new SecureRandom());
    Socket socket =
        context.getSocketFactory().createSocket("127.0.0.1", Integer.getInteger("it.https.port"));
    socket.setSoTimeout((int) PATIENCE.toMillis());
    assertTrue(socket.isConnected());
    return Optional.of(socket);
  }

  /** Accepts the certificate that the server has made for itself. */
  private static final class AnyCertificate implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String kind) {
      // every certificate is accepted
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String kind) {
      // every certificate is accepted
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
