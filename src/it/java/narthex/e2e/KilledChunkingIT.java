package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import narthex.nix.Compression;
import narthex.testing.Fault;
import narthex.testing.Gate;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import narthex.testing.RawClient;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that is killed while it chunks a NAR starts cleanly. */
class KilledChunkingIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int NAR_BYTES = 24_000_000;
  private static final byte[] NAR = NarTree.random(4, NAR_BYTES).nar();
  private static final Sample SAMPLE = Sample.of("killed", NAR, Compression.ZSTD);

  /** How much of the file the upstream sends before the kill. */
  enum Point {
    FIRST_PACK(4_000_000, 1),
    MANY_PACKS(20_000_000, 14),
    ALL_BUT_THE_LAST_BYTE(SAMPLE.fileBytes() - 1, 18);

    private final long fileBytes;
    private final int packs;

    Point(long fileBytes, int packs) {
      this.fileBytes = fileBytes;
      this.packs = packs;
    }
  }

  @ParameterizedTest
  @EnumSource(Point.class)
  void aDownloadThatWasKilledBeginsAgainAndIsRight(Point point) throws Exception {
    Gate gate = new Gate();
    try (ChunkingServer scene = ChunkingServer.start()) {
      SAMPLE.publish(scene.upstream());
      scene.upstream().fail(SAMPLE.narTarget(), Fault.stallAfter(point.fileBytes, gate), 1);
      String target = scene.narTarget(SAMPLE);
      try (InputStream body = scene.open(target).body()) {
        gate.awaitArrivals(1, SOON);
        scene.packs().await(point.packs);
        scene.server().kill();
        gate.open();
        assertThrows(IOException.class, () -> body.readAllBytes());
      }
      List<Path> leftOver = scene.packs().all();
      PackFiles.age(leftOver);

      scene.upstream().remove(SAMPLE.narTarget());
      scene.server().restart();
      assertTrue(scene.server().fetch(target).statusCode() >= 400, "nothing is taken for complete");
      SAMPLE.publish(scene.upstream());

      assertEquals(target, scene.narTarget(SAMPLE));
      assertWholeAndKept(scene, target);
      scene.packs().awaitBytes(NAR_BYTES + NAR_BYTES / 50);
      scene.assertServed(NAR, target);
    }
  }

  /** When the client gets the last byte, the commit is running or just done. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void aDownloadKilledAroundItsCommitIsThereOrBeginsAgain(int round) throws Exception {
    try (ChunkingServer scene = ChunkingServer.start()) {
      SAMPLE.publish(scene.upstream());
      String target = scene.narTarget(SAMPLE);
      try (InputStream body = scene.open(target).body()) {
        assertArrayEquals(NAR, body.readAllBytes());
      }
      scene.server().kill();
      scene.server().restart();

      assertWholeAndKept(scene, target);
      assertTrue(
          scene.upstream().requests().count("GET", SAMPLE.narTarget()) <= 2, "round " + round);
    }
  }

  private static void assertWholeAndKept(ChunkingServer scene, String target) throws IOException {
    scene.assertServed(NAR, target);
    awaitKept(scene);
    scene.upstream().goDown();
    scene.assertServed(NAR, target);
  }

  /** Waits for the commit: the response ends just before it. */
  private static void awaitKept(ChunkingServer scene) {
    String target = "/upload/nar/" + SAMPLE.narName().print();
    scene.server().await("stored").until(() -> scene.server().head(target).statusCode() == 200);
  }

  @Test
  void anUploadThatWasKilledIsRepeatedAndIsRight() throws Exception {
    NarFixture fixture = NarFixture.of("uploaded", NAR, Compression.ZSTD);
    String put = "/upload/" + fixture.url();
    String narInfo = "/upload/" + fixture.storePath().hash().text() + ".narinfo";
    byte[] file = fixture.file();
    for (int sent : new int[] {4_000_000, file.length - 1}) {
      try (ChunkingServer scene = ChunkingServer.start()) {
        int port = URI.create(scene.server().url()).getPort();
        try (RawClient client = RawClient.connect(port)) {
          client.send(RawClient.head("PUT", put, "Content-Length: " + file.length));
          client.send(java.util.Arrays.copyOf(file, sent));
          scene.packs().await(sent < NAR_BYTES / 2 ? 1 : 18);
          scene.server().kill();
          assertEquals("", client.readToEnd());
        }
        scene.server().restart();

        assertEquals(404, scene.server().head(put).statusCode());
        assertEquals(404, scene.server().head(narInfo).statusCode());
        assertEquals(201, scene.put(put, file));
        assertEquals(201, scene.put(narInfo, ChunkingServer.bytes(fixture.narInfo(fixture.url()))));
        scene.assertServed(NAR, "/nar/" + fixture.fileHash().nix32() + ".nar");
      }
    }
  }
}
