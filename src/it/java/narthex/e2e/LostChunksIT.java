package narthex.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import narthex.nix.Compression;
import narthex.testing.NarTree;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Packs of stored NARs are lost or damaged while the server runs. */
class LostChunksIT {
  private static final int COMMON_BYTES = 30_000_000;
  private static final NarTree COMMON = NarTree.random(1, COMMON_BYTES);
  private static final Sample SAMPLE = sample("sample", 2);
  private static final Sample SIBLING = sample("sibling", 3);

  private static Sample sample(String name, int seed) {
    NarTree tree = NarTree.directory(Map.of("a", COMMON, "b", NarTree.random(seed, 500_000)));
    return Sample.of(name, tree.nar(), Compression.ZSTD);
  }

  private static byte[] nar(Sample sample) {
    return sample.bytes(sample.narName(), 0);
  }

  /** The damage to one pack. */
  enum Damage {
    DELETED(PackFiles::delete),
    TRUNCATED(PackFiles::truncate),
    FLIPPED(PackFiles::flip);

    private final Consumer<Path> deed;

    Damage(Consumer<Path> deed) {
      this.deed = deed;
    }
  }

  /** A server that has stored both NARs, which share nearly all packs. */
  private static ChunkingServer stored() {
    ChunkingServer scene = ChunkingServer.start();
    for (Sample sample : List.of(SAMPLE, SIBLING)) {
      sample.publish(scene.upstream());
      scene.assertServed(nar(sample), scene.narTarget(sample));
      String there = "/upload/nar/" + sample.narName().print();
      for (int i = 0; scene.server().head(there).statusCode() != 200; i++) {
        assertTrue(i < 10_000, "the NAR is not stored");
      }
    }
    return scene;
  }

  /**
   * A pack near the end of the shared ones, beyond everything that is buffered while the client
   * doesn't read.
   */
  private static Path victim(ChunkingServer scene) {
    return scene.packs().all().get(COMMON_BYTES / ChunkingServer.PACK_BYTES - 2);
  }

  private static int fetches(ChunkingServer scene, Sample sample) {
    return scene.upstream().requests().count("GET", sample.narTarget());
  }

  /** The sibling's own packs may be lost, too; that breaks one transfer. */
  private static void assertSiblingHeals(ChunkingServer scene) {
    String target = scene.narTarget(SIBLING);
    try {
      scene.assertServed(nar(SIBLING), target);
    } catch (UncheckedIOException broken) {
      scene.assertServed(nar(SIBLING), target);
    }
  }

  private static void assertHealed(ChunkingServer scene) {
    scene.assertServed(nar(SAMPLE), scene.narTarget(SAMPLE));
    assertEquals(2, fetches(scene, SAMPLE));
    assertSiblingHeals(scene);
    assertTrue(fetches(scene, SIBLING) <= 2);
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void damageUnderAReaderBreaksTheTransferAndHeals(Damage damage) throws IOException {
    try (ChunkingServer scene = stored()) {
      HttpResponse<InputStream> answer = scene.open(scene.narTarget(SAMPLE));
      assertEquals(200, answer.statusCode());
      try (InputStream body = answer.body()) {
        assertArrayEquals(Arrays.copyOf(nar(SAMPLE), 1000), body.readNBytes(1000));
        damage.deed.accept(victim(scene));

        assertThrows(IOException.class, () -> body.readAllBytes(), "a short body ended cleanly");
      }

      assertHealed(scene);
    }
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void damageUnderAReaderOfFramesBreaksTheTransferAndHeals(Damage damage) throws IOException {
    try (ChunkingServer scene = stored()) {
      HttpResponse<InputStream> answer =
          scene.open(scene.narTarget(SAMPLE), "Accept-Encoding", "zstd");
      assertEquals("zstd", answer.headers().firstValue("Content-Encoding").orElse(""));
      try (InputStream body = answer.body()) {
        assertEquals(1000, body.readNBytes(1000).length);
        damage.deed.accept(victim(scene));

        assertThrows(IOException.class, () -> body.readAllBytes(), "a short body ended cleanly");
      }

      assertHealed(scene);
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void whatIsKnownToBeLostIsNotPromised(boolean all) throws IOException {
    try (ChunkingServer scene = stored()) {
      String target = scene.narTarget(SAMPLE);
      List<Path> packs = scene.packs().all();
      packs.subList(0, all ? packs.size() : 1).forEach(PackFiles::delete);
      scene.upstream().remove(SAMPLE.narTarget());
      for (String coding : List.of("identity", "zstd")) {
        HttpResponse<InputStream> answer = scene.open(target, "Accept-Encoding", coding);
        answer.body().close();
        assertTrue(answer.statusCode() >= 400, "promised what is lost: " + answer.statusCode());
      }

      SAMPLE.publish(scene.upstream());
      scene.assertServed(nar(SAMPLE), target);
      assertSiblingHeals(scene);
    }
  }

  @Test
  void withoutItsDatabaseTheServerFetchesAgainWhatClientsRemember() throws IOException {
    try (ChunkingServer scene = stored()) {
      String sample = scene.narTarget(SAMPLE);
      String sibling = scene.narTarget(SIBLING);
      List<Path> before = scene.packs().all();
      scene.server().kill();
      for (String suffix : List.of("", "-wal", "-shm")) {
        Files.deleteIfExists(scene.server().data().resolve("narthex.db" + suffix));
      }
      scene.server().restart();

      for (String target : List.of(sample, sibling)) { // the lengths are unknown now
        HttpResponse<InputStream> answer = scene.open(target);
        assertEquals("chunked", answer.headers().firstValue("Transfer-Encoding").orElse(""));
        try (InputStream body = answer.body()) {
          byte[] right = nar(target.equals(sample) ? SAMPLE : SIBLING);
          assertArrayEquals(right, body.readAllBytes());
        }
      }
      assertEquals(2, fetches(scene, SAMPLE));
      assertTrue(scene.packs().all().containsAll(before), "they wait for their collector");
      Path marks = scene.server().data().resolve("blobs").resolve("blobs").resolve("owner");
      Folders.delete(marks); // now the new database owns them, and nothing may be left over
    }
  }
}
