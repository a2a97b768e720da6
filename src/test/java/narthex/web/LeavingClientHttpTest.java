package narthex.web;

import static narthex.web.HttpFixture.path;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarFileName;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarTree;
import narthex.testing.Soon;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/**
 * Clients that close their connection while the server works for them and has nothing to send yet.
 * The upstream stalls, so this work would go on for minutes.
 */
class LeavingClientHttpTest extends SharedServer {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int NAR_BYTES = 1_500_000;

  /** More than the number of files that the flight itself may open or close in the meantime. */
  private static final int CLIENTS = 8;

  @Test
  void theServerStopsDecodingItsWayToARangeWhenTheClientLeaves() throws Exception {
    Sample sample = xz("left");
    String last = "Range: bytes=" + (sample.id().sizeBytes() - 1) + "-";

    assertWorkEndsWithItsClients(sample, sample.narName(), last);
  }

  @Test
  void aRequestThatWithholdsItsLastByteEndsWhenItsClientLeaves() throws Exception {
    Sample nar = xz("withheld");
    Sample file = xz("withheld-file");

    assertWorkEndsWithItsClients(nar, nar.narName(), "Range: bytes=0-9");
    assertWorkEndsWithItsClients(file, file.fileName(), "Range: bytes=0-9");
  }

  @Test
  void aRequestWithABodyOfUnknownLengthEndsWhenItsClientLeaves() throws Exception {
    Sample sample = xz("coded");

    assertWorkEndsWithItsClients(sample, sample.narName(), "Accept-Encoding: zstd");
  }

  private Sample xz(String name) throws IOException {
    return http.know(
        Sample.of(name, NarTree.mixed(name.hashCode(), NAR_BYTES).nar(), Compression.XZ));
  }

  private void assertWorkEndsWithItsClients(Sample sample, NarFileName name, String field)
      throws Exception {
    Gate gate = new Gate();
    http.upstream.fail(sample.narTarget(), Fault.stallAfter(sample.fileBytes() / 2, gate));
    try (Socket follower = send(sample.narName(), "Accept: */*")) {
      gate.awaitArrivals(1, PATIENCE);
      assertTrue(follower.getInputStream().read() >= 0);
      long without = settledSpools();
      List<Socket> leaving = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        leaving.add(send(name, field));
      }
      Soon.await("the server works for them").until(() -> openSpools() >= without + CLIENTS);
      for (Socket client : leaving) {
        client.close();
      }

      Soon.await("the server works for them no more")
          .atMost(PATIENCE) // before the upstream takes too long
          .until(() -> openSpools() < without + CLIENTS / 2);
    } finally {
      gate.open();
    }
  }

  private Socket send(NarFileName name, String field) throws IOException {
    Socket socket = new Socket("127.0.0.1", http.port());
    String head = "GET " + path(name) + " HTTP/1.1\r\nHost: narthex\r\n" + field + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  /** Returns {@link #openSpools} when it has been the same number many times in succession. */
  private long settledSpools() throws IOException {
    long count = openSpools();
    for (int same = 0; same < 100; same++) {
      long now = openSpools();
      if (now != count) {
        count = now;
        same = 0;
      }
    }
    return count;
  }

  /** Returns how many descriptors of spool files are open. */
  private long openSpools() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      String spools = data.resolve("blobs").resolve("tmp").toString();
      return open.map(LeavingClientHttpTest::target)
          .filter(file -> file.startsWith(spools))
          .count();
    }
  }

  private static String target(Path open) {
    try {
      return Files.readSymbolicLink(open).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }
}
