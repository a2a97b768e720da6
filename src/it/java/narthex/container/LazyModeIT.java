package narthex.container;

import static narthex.container.WarClient.header;
import static narthex.container.WarClient.path;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.stream.Decoders;
import narthex.testing.Fault;
import narthex.testing.FaultyUpstream;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Background chunking in application servers, and switching back to off. */
@InApplicationServer
class LazyModeIT {
  private static final String NAME = "lazy-mode";

  private final WarClient war = new WarClient("/" + NAME);
  private final int seed = (int) (System.nanoTime() & 0xffffff);
  private FaultyUpstream upstream;

  @ArquillianResource private Deployer deployer;

  @Deployment(name = NAME, managed = false, testable = false)
  static WebArchive narthex() {
    return BuiltWar.named(NAME + ".war");
  }

  @AfterAll
  static void deleteSettings() throws IOException {
    ServerSettings.delete();
  }

  @BeforeEach
  void startUpstream() {
    upstream = FaultyUpstream.start(Integer.getInteger("it.upstream.port"));
    NarFixture.publishCacheInfo(upstream, 40);
  }

  @AfterEach
  void stopUpstream() {
    upstream.close();
  }

  /** What a test does with one deployment. */
  private interface Visit {
    void run() throws IOException;
  }

  private void deployed(String settings, Visit visit) throws IOException {
    ServerSettings.write(settings);
    deployer.deploy(NAME);
    try {
      visit.run();
    } finally {
      deployer.undeploy(NAME);
    }
  }

  private Sample sample(String name, int bytes) {
    byte[] nar = NarTree.random(seed + name.hashCode(), bytes).nar();
    return Sample.of(name, nar, Compression.XZ).publish(upstream);
  }

  private int fetches(Sample sample) {
    return upstream.requests().count("GET", sample.narTarget());
  }

  private NarFile told(Sample sample) throws IOException {
    return war.narInfo(sample).file();
  }

  private static NarFile none(Sample sample) {
    return new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null);
  }

  /**
   * Requests the narinfo until the NAR is chunked; before that, it must be that of the upstream.
   */
  private NarFile awaitTold(Sample sample, Compression compression) {
    return Soon.await("file")
        .until(
            () -> {
              NarFile told = told(sample);
              if (told.compression() != compression) {
                assertTrue(
                    told.equals(sample.narInfo().file()) || told.equals(none(sample)),
                    told::toString);
              }
              return told;
            },
            told -> told.compression() == compression);
  }

  private void assertFile(Sample sample) throws IOException {
    HttpResponse<byte[]> answer = war.get(path(sample.fileName()));
    assertEquals(200, answer.statusCode());
    assertEquals(Integer.toString(sample.fileBytes()), header(answer, "content-length"));
    assertArrayEquals(sample.bytes(sample.fileName(), 0), answer.body());
  }

  private void assertNar(Sample sample) throws IOException {
    byte[] nar = sample.bytes(sample.narName(), 0);
    HttpResponse<byte[]> all = war.get(path(sample.narName()));
    HttpResponse<byte[]> part = war.get(path(sample.narName()), "Range", "bytes=400000-400999");

    assertEquals(200, all.statusCode());
    assertEquals(Integer.toString(nar.length), header(all, "content-length"));
    assertArrayEquals(nar, all.body());
    assertEquals(206, part.statusCode());
    assertEquals("bytes 400000-400999/" + nar.length, header(part, "content-range"));
    assertArrayEquals(Arrays.copyOfRange(nar, 400_000, 401_000), part.body());
  }

  @Test
  void aNarIsServedAsItCameUntilItIsChunkedAndFromItsChunksWhenThatIsOffAgain() throws IOException {
    Sample sample = sample("lazy", 3_000_000);
    Sample later = sample("later", 1_000_000);
    deployed(
        "narthex.cdc.mode=lazy",
        () -> {
          assertNotPredicted(sample);
          assertEquals(none(sample), awaitTold(sample, Compression.NONE));
          assertNar(sample);
          assertFile(sample);
        });
    deployed(
        "narthex.cdc.mode=off\nnarthex.cdc.advertise=zstd",
        () -> {
          assertFrames(sample, awaitTold(sample, Compression.ZSTD));
          assertNar(sample);
          assertFile(sample);
          assertEquals(later.narInfo().file(), told(later));
          assertFile(later);
          assertNar(later);
          assertEquals(later.narInfo().file(), told(later));
        });
    assertEquals(1, fetches(sample));
    assertEquals(1, fetches(later));
  }

  /** The narinfo is that of the upstream, before the NAR is fetched and while it is in flight. */
  private void assertNotPredicted(Sample sample) throws IOException {
    Gate gate = new Gate();
    upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate), 1);
    assertEquals(sample.narInfo().file(), told(sample));
    HttpResponse<InputStream> answer =
        war.ask(path(sample.fileName()), BodyHandlers.ofInputStream());
    try (InputStream body = answer.body()) {
      gate.awaitArrivals(1, WarClient.SOON);
      assertEquals(200, answer.statusCode());
      assertEquals(Integer.toString(sample.fileBytes()), header(answer, "content-length"));
      assertEquals(sample.narInfo().file(), told(sample));
      gate.open();
      assertArrayEquals(sample.bytes(sample.fileName(), 0), body.readAllBytes());
    }
  }

  /** The advertised file is the file that is served, and decodes to the NAR. */
  private void assertFrames(Sample sample, NarFile told) throws IOException {
    HttpResponse<byte[]> file = war.get("/" + told.url());

    assertEquals(200, file.statusCode());
    NarFixture asFile = NarFixture.of("frames", file.body(), Compression.NONE);
    assertEquals(
        new NarFile(
            told.url(), Compression.ZSTD, asFile.fileHash(), Long.valueOf(file.body().length)),
        told);
    assertEquals("nar/" + asFile.fileHash().nix32() + ".nar.zst", told.url());
    assertEquals(String.valueOf(told.sizeBytes()), header(file, "content-length"));
    assertEquals("\"" + asFile.fileHash().nix32() + "\"", header(file, "etag"));
    assertEquals("bytes", header(file, "accept-ranges"));
    try (InputStream nar =
        Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(file.body()))) {
      assertArrayEquals(sample.bytes(sample.narName(), 0), nar.readAllBytes());
    }
  }
}
