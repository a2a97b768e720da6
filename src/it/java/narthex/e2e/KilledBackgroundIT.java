package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that is killed in what it does in the background begins cleanly. */
class KilledBackgroundIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final int NAR_BYTES = 12_000_000;

  /** Six bits of a byte are random: what takes long to decode, and to most of a pack per MiB. */
  private static final int BITS = 0x3f;

  private static final int FEWEST_PACKS = NAR_BYTES / 8 * 6 / (ChunkingServer.PACK_BYTES * 5 / 4);
  private static final byte[] NAR = nar();
  private static final Sample SAMPLE = Sample.of("killed", NAR, Compression.XZ);

  private static byte[] nar() {
    byte[] contents = new byte[NAR_BYTES];
    new Random(11).nextBytes(contents);
    for (int i = 0; i < contents.length; i++) {
      contents[i] &= BITS;
    }
    return NarTree.file(contents).nar();
  }

  private static byte[] file() {
    return SAMPLE.bytes(SAMPLE.fileName(), 0);
  }

  private static String fileTarget() {
    return "/nar/" + SAMPLE.fileName().print();
  }

  private static String narTarget() {
    return "/nar/" + SAMPLE.narName().print();
  }

  /** The upstream's file is stored whole, and waits for the background. */
  private static ChunkingServer fetched(String deleteDelay) {
    ChunkingServer scene =
        ChunkingServer.start(
            Map.of("narthex.cdc.mode", "lazy", "narthex.cdc.delete-delay", deleteDelay));
    SAMPLE.publish(scene.upstream());
    assertEquals(SAMPLE.narInfo().file(), scene.told(SAMPLE));
    scene.assertServed(file(), fileTarget());
    return scene;
  }

  /** Asks until the background has cut it; the file is served for as long as it is told. */
  private static void awaitCut(ChunkingServer scene) {
    long deadline = System.nanoTime() + SOON.toNanos();
    NarFile none = new NarFile(narTarget().substring(1), Compression.NONE, null, null);
    NarFile told = scene.told(SAMPLE);
    while (!told.equals(none)) {
      assertEquals(SAMPLE.narInfo().file(), told);
      scene.assertServed(file(), fileTarget());
      assertTrue(System.nanoTime() - deadline < 0, "the NAR is never cut");
      told = scene.told(SAMPLE);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void aNarOfWhichTheCuttingWasKilledIsCutAfterTheNextStart(int packs) {
    try (ChunkingServer scene = fetched("24h")) {
      scene.packs().await(packs);
      scene.server().kill();
      List<Path> leftOver = scene.packs().all();
      assertTrue(leftOver.size() < FEWEST_PACKS, "it was killed too late: " + leftOver.size());

      scene.upstream().goDown();
      scene.server().restart();
      scene.assertServed(NAR, narTarget());
      awaitCut(scene);

      scene.assertServed(NAR, narTarget());
      scene.assertServed(file(), fileTarget());
      assertTrue(scene.packs().all().containsAll(leftOver), "they wait for their collector");
    }
  }

  /** Its row goes first; the file half a minute later, when nobody can be about to open it. */
  @Test
  void aFileOfWhichTheDeletionWasKilledIsNotServedAndHarmsNobody() throws IOException {
    try (ChunkingServer scene = fetched("0s")) {
      awaitCut(scene);
      long deadline = System.nanoTime() + SOON.toNanos();
      while (statusHere(scene) != 404) {
        assertTrue(System.nanoTime() - deadline < 0, "the file is never deleted");
      }
      List<Path> leftOver = wholeFiles(scene);
      assertFalse(leftOver.isEmpty(), "the file went before its time");
      scene.server().kill();
      scene.server().restart();

      assertEquals(Compression.NONE, scene.told(SAMPLE).compression());
      scene.assertServed(NAR, narTarget());
      assertEquals(404, statusHere(scene));
      int fetches = scene.upstream().requests().count("GET", SAMPLE.narTarget());
      scene.assertServed(file(), fileTarget());
      assertEquals(fetches + 1, scene.upstream().requests().count("GET", SAMPLE.narTarget()));
      assertTrue(wholeFiles(scene).containsAll(leftOver), "they wait for their collector");
    }
  }

  /** The answer for the file where no upstream is asked. */
  private static int statusHere(ChunkingServer scene) throws IOException {
    HttpResponse<InputStream> answer = scene.open("/upload" + fileTarget(), "Range", "bytes=0-0");
    answer.body().close();
    return answer.statusCode();
  }

  private static List<Path> wholeFiles(ChunkingServer scene) throws IOException {
    Path folder = scene.server().data().resolve("blobs").resolve("blobs").resolve("nar");
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }
}
