package narthex.standalone;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Ten thousand slow readers of one server. It needs virtual threads, so only the stage of CI with
 * the newer JDK names this class; the other stages leave it out.
 */
class SlowReadersIT {
  private static final int READERS = 10_000;

  /** The last reader of so many reads to the end. */
  private static final int SAMPLED = 500;

  /** More than the socket buffers take, so that each reader holds its request. */
  private static final int NAR_BYTES = 4 << 20;

  private static final int NARS = 4;

  /** Two processes hold a socket of each reader. */
  private static final int OPEN_FILES = 14_000;

  private static final List<String> OPTIONS =
      List.of(
          "-Xmx3g",
          "-Dnarthex.http.port=0",
          "-Dnarthex.http.address=127.0.0.1",
          "-Dnarthex.http.threads=36000",
          // Else 10,000 send buffers of megabytes exceed what the kernel has for all of them.
          "-Dnarthex.http.send-buffer=32KiB",
          "-Dnarthex.cdc.mode=eager",
          // Else most are sent by sendfile: without a thread, but with an open file for each one.
          "-Dnarthex.nar-cache-size=0",
          "-Dnarthex.upload.enabled=true", // /upload/ tells what is stored
          "-Dnarthex.upstream.public-keys=" + Sample.KEY.publicKey().print());

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  @AfterEach
  void checkData() throws IOException {
    NarthexProgram.assertDataSound(folder);
  }

  @Test
  @Timeout(180)
  void tenThousandSlowReadersOfChunkedNarsStopNobodyElse() throws Exception {
    assertTrue(openFiles() >= OPEN_FILES, "too few open files (ulimit -n): " + openFiles());
    List<Sample> nars = new ArrayList<>();
    try (FaultyUpstream upstream = NarFixture.publishCacheInfo(FaultyUpstream.start(), 40)) {
      List<String> options = new ArrayList<>(OPTIONS);
      options.add("-Dnarthex.upstreams=" + upstream.url());
      for (int i = 0; i < NARS; i++) {
        byte[] nar = NarTree.random(i, NAR_BYTES).nar();
        nars.add(Sample.of("slow-" + i, nar, Compression.NONE).publish(upstream));
      }
      Sample late = Sample.of("late", NarTree.random(99, 100_000).nar(), Compression.NONE);
      late.publish(upstream);
      try (NarthexProgram narthex = NarthexProgram.start(folder, options, List.of())) {
        URI url = URI.create(narthex.awaitReady());
        for (Sample sample : nars) {
          store(url, sample);
        }

        try (SlowReaders readers =
            new SlowReaders(new InetSocketAddress("127.0.0.1", url.getPort()))) {
          readers.start(READERS, nars.stream().map(SlowReadersIT::target).toList());

          assertEquals(200, get(url, "/healthz").statusCode());
          assertEquals(200, get(url, "/readyz").statusCode());
          assertEquals(200, get(url, nars.get(0).narInfoTarget()).statusCode());
          assertEquals(200, get(url, late.narInfoTarget()).statusCode());
          assertArrayEquals(late.bytes(late.narName(), 0), get(url, target(late)).body());
          for (int i = READERS - 1; i >= 0; i -= SAMPLED) {
            Sample sample = nars.get(i % NARS);
            byte[] body = readers.readRest(readers.all().get(i), sample.narBytes());
            assertArrayEquals(sample.bytes(sample.narName(), 0), body);
          }
        }
        assertFalse(narthex.errors().contains("OutOfMemoryError"), narthex.errors());
      }
    }
  }

  /** Pulls the NAR through, and waits until it is stored. */
  private void store(URI url, Sample sample) throws IOException, InterruptedException {
    assertEquals(200, get(url, sample.narInfoTarget()).statusCode());
    assertArrayEquals(sample.bytes(sample.narName(), 0), get(url, target(sample)).body());
    Soon.await("stored")
        .until(() -> get(url, "/upload" + target(sample), "HEAD").statusCode() == 200);
  }

  private static String target(Sample sample) {
    return "/nar/" + sample.narName().print();
  }

  private HttpResponse<byte[]> get(URI url, String target)
      throws IOException, InterruptedException {
    return get(url, target, "GET");
  }

  private HttpResponse<byte[]> get(URI url, String target, String method)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve(target))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, BodyHandlers.ofByteArray());
  }

  private static long openFiles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getMaxFileDescriptorCount();
  }
}
