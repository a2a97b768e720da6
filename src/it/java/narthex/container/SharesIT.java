package narthex.container;

import static narthex.container.WarClient.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Requests that wait for a thread of the application server, and slow readers whose transfers are
 * aborted for them.
 */
@InApplicationServer
class SharesIT {
  private static final String NAME = "shares";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** More than the sockets' buffers hold. */
  private static final int BIG_BYTES = 16 << 20;

  private final WarClient war = new WarClient("/" + NAME);
  private final int seed = (int) (System.nanoTime() & 0xffffff);
  private final ExecutorService clients = Executors.newCachedThreadPool();
  private FaultyUpstream upstream;

  @ArquillianResource private Deployer deployer;

  @Deployment(name = NAME, managed = false, testable = false)
  static WebArchive narthex() {
    return BuiltWar.named(NAME + ".war");
  }

  @BeforeEach
  void deploy() throws IOException {
    upstream = FaultyUpstream.start(Integer.getInteger("it.upstream.port"));
    NarFixture.publishCacheInfo(upstream, 40);
    ServerSettings.write(
        "narthex.http.threads=4\nnarthex.download.idle-timeout=5s\n"
            + "narthex.upstream.allow-unsigned=true");
    deployer.deploy(NAME);
  }

  @AfterEach
  void undeploy() throws IOException {
    deployer.undeploy(NAME);
    ServerSettings.delete();
    upstream.close();
    clients.shutdownNow();
  }

  private Sample known(String name, int bytes, Compression compression) throws IOException {
    byte[] nar = NarTree.random(seed + name.hashCode(), bytes).nar();
    Sample sample = Sample.of(name, nar, compression).publish(upstream);
    war.narInfo(sample);
    return sample;
  }

  private List<Future<HttpResponse<byte[]>>> ask(int count, String target, String... headers) {
    List<Future<HttpResponse<byte[]>>> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(clients.submit(() -> war.get(target, headers)));
    }
    return answers;
  }

  @Test
  void whatWaitsForAThreadIsAnsweredInTheEndAsIfItHadNot() throws Exception {
    Sample first = known("first", 300_000, Compression.XZ);
    Sample second = known("second", 300_000, Compression.XZ);
    Sample broken = known("broken", 300_000, Compression.XZ);
    Gate gate = new Gate();
    upstream.fail(first.narTarget(), Fault.stallAfter(1000, gate));
    upstream.fail(broken.narTarget(), Fault.flipByte(200_000));
    List<Future<HttpResponse<byte[]>>> holding = ask(1, path(first.fileName()));
    gate.awaitArrivals(1, PATIENCE);
    List<Future<HttpResponse<byte[]>>> whole = ask(6, path(second.fileName()));
    List<Future<HttpResponse<byte[]>>> parts =
        ask(3, path(second.narName()), "Range", "bytes=10-99");
    List<Future<HttpResponse<byte[]>>> wrong = ask(3, path(broken.narName()));

    assertEquals(200, war.get("/healthz").statusCode());
    assertEquals(200, war.get(second.narInfoTarget()).statusCode());
    gate.open();

    assertArrayEquals(first.bytes(first.fileName(), 0), holding.get(0).get().body());
    for (Future<HttpResponse<byte[]>> answer : whole) {
      assertArrayEquals(second.bytes(second.fileName(), 0), answer.get().body());
    }
    for (Future<HttpResponse<byte[]>> answer : parts) {
      assertEquals(206, answer.get().statusCode());
      assertArrayEquals(
          Arrays.copyOfRange(second.bytes(second.narName(), 0), 10, 100), answer.get().body());
    }
    for (Future<HttpResponse<byte[]>> answer : wrong) {
      assertNotEquals(200, statusOfWhole(answer));
    }
  }

  /** The status of a complete response, else 0. */
  private static int statusOfWhole(Future<HttpResponse<byte[]>> answer)
      throws InterruptedException {
    try {
      return answer.get().statusCode();
    } catch (ExecutionException brokenOff) {
      return 0;
    }
  }

  @Test
  void aReaderThatTakesNothingIsBrokenOffForOneThatWaits() throws Exception {
    Sample sample = known("big", BIG_BYTES, Compression.ZSTD);
    String target = path(sample.narName());
    assertArrayEquals(sample.bytes(sample.narName(), 0), war.get(target).body());
    try (Socket slow = new Socket()) {
      slow.setReceiveBufferSize(4096);
      slow.connect(new InetSocketAddress("127.0.0.1", BuiltWar.port()));
      slow.setSoTimeout((int) PATIENCE.toMillis());
      String head = "GET /" + NAME + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
      slow.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      assertEquals('H', slow.getInputStream().read());

      HttpResponse<byte[]> answer = war.get(target);

      assertEquals(200, answer.statusCode());
      assertArrayEquals(sample.bytes(sample.narName(), 0), answer.body());
    }
  }
}
