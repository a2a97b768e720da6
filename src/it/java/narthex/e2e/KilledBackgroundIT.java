package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.testing.FileTrees;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** A server that is killed during a background job starts cleanly. */
class KilledBackgroundIT {
  private static final int FROM_THE_FILE = 206;
  private static final int MADE_OF_CHUNKS = 200;
  private static final int ATTEMPTS = 5;

  /** Slow to decode, because six bits of every byte are random. */
  private static final Sample SLOW = sample("slow", 12_000_000);

  private static final Sample SMALL = sample("small", 1_000_000);

  private static Sample sample(String name, int bytes) {
    byte[] contents = new byte[bytes];
    new Random(bytes).nextBytes(contents);
    for (int i = 0; i < bytes; i++) {
      contents[i] &= 0x3f;
    }
    return Sample.of(name, NarTree.file(contents).nar(), Compression.XZ);
  }

  private static String target(NarFileName name) {
    return "/nar/" + name.print();
  }

  private static void assertServed(ChunkingServer scene, Sample sample, NarFileName name) {
    scene.assertServed(sample.bytes(name, 0), target(name));
  }

  /** A server that has stored the upstream's file whole and is going to chunk it. */
  private static ChunkingServer fetched(Sample sample, String deleteDelay) {
    ChunkingServer scene =
        ChunkingServer.start(
            Map.of("narthex.cdc.mode", "lazy", "narthex.cdc.delete-delay", deleteDelay));
    sample.publish(scene.upstream());
    assertEquals(sample.narInfo().file(), scene.told(sample));
    assertServed(scene, sample, sample.fileName());
    return scene;
  }

  /** Waits until the NAR is chunked; its advertised file is served all the time. */
  private static void awaitCut(ChunkingServer scene, Sample sample) {
    NarFile none = new NarFile("nar/" + sample.narName().print(), Compression.NONE, null, null);
    scene
        .server()
        .await("the NAR is cut")
        .until(
            () -> {
              NarFile told = scene.told(sample);
              if (!told.equals(none)) {
                assertEquals(sample.narInfo().file(), told);
                assertServed(scene, sample, sample.fileName());
              }
              return told.equals(none);
            });
  }

  @Test
  void aNarOfWhichTheCuttingWasKilledIsCutAfterTheNextStart() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try (ChunkingServer scene = fetched(SLOW, "24h")) {
        scene.packs().await(2);
        scene.server().kill();
        if (!isCut(scene)) {
          assertCutAfterTheNextStart(scene);
          return;
        }
      }
    }
    fail("it is cut each time before it can be killed");
  }

  /** Whether the rows of a stopped server say that the NAR is chunked. */
  private static boolean isCut(ChunkingServer scene) throws IOException {
    String url = "jdbc:sqlite:" + scene.server().data().resolve("narthex.db");
    try (Database database = Database.open(new DatabaseAddress(url, null, null, null))) {
      return database
          .findNar(SLOW.id().hash())
          .orElseThrow()
          .find(Form.CHUNKED, Compression.NONE)
          .isPresent();
    }
  }

  private static void assertCutAfterTheNextStart(ChunkingServer scene) {
    List<Path> leftOver = scene.packs().all();
    PackFiles.age(leftOver);
    scene.upstream().goDown();
    scene.server().restart();
    assertServed(scene, SLOW, SLOW.narName());
    awaitCut(scene, SLOW);

    scene.packs().awaitBytes(SLOW.id().sizeBytes() * 4 / 5); // of 3/4 if each chunk is there once
    assertServed(scene, SLOW, SLOW.narName());
    assertServed(scene, SLOW, SLOW.fileName());
  }

  /** The row goes first, the file half a minute later, when no reader can be about to open it. */
  @Test
  void aFileOfWhichTheDeletionWasKilledIsNotServedAndIsDeletedAfterTheNextStart()
      throws IOException {
    try (ChunkingServer scene = fetched(SMALL, "0s")) {
      awaitCut(scene, SMALL);
      scene
          .server()
          .await("the file is deleted")
          .until(() -> statusHere(scene), status -> status != FROM_THE_FILE);
      List<Path> leftOver = wholeFiles(scene);
      assertFalse(leftOver.isEmpty(), "the file went before its time");
      scene.server().kill();
      scene.server().restart();

      assertEquals(Compression.NONE, scene.told(SMALL).compression());
      assertServed(scene, SMALL, SMALL.narName());
      assertEquals(MADE_OF_CHUNKS, statusHere(scene));
      int fetches = scene.upstream().requests().count("GET", SMALL.narTarget());
      assertServed(scene, SMALL, SMALL.fileName());
      assertEquals(fetches + 1, scene.upstream().requests().count("GET", SMALL.narTarget()));
      PackFiles.awaitGone(leftOver);
      assertEquals(List.of(), wholeFiles(scene));
    }
  }

  /**
   * The status of a range request that no upstream is asked for; a generated file has no ranges.
   */
  private static int statusHere(ChunkingServer scene) throws IOException {
    HttpResponse<InputStream> answer =
        scene.open("/upload" + target(SMALL.fileName()), "Range", "bytes=0-0");
    answer.body().close();
    return answer.statusCode();
  }

  private static List<Path> wholeFiles(ChunkingServer scene) throws IOException {
    Path folder = scene.server().data().resolve("blobs").resolve("blobs").resolve("nar");
    return FileTrees.files(folder);
  }
}
