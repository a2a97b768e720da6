package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import narthex.chunk.ChunkedManifest;
import narthex.db.ChunkPlace;
import narthex.db.GarbageTable;
import narthex.nix.Compression;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import narthex.stream.Decoders;
import narthex.testing.NarFixture;
import org.junit.jupiter.api.Test;

/** Clients that prefer zstd get groups of chunks as they are stored. */
class StoredGroupsTest extends RepackFixture {
  private static final long BUDGET_BYTES = 64 << 20;

  private byte[] storedFrames(NarFixture nar) throws IOException {
    try (InputStream in = open(nar).openStoredFrames()) {
      return in.readAllBytes();
    }
  }

  private static byte[] decode(byte[] zstd) throws IOException {
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      return in.readAllBytes();
    }
  }

  @Test
  void groupsAreSentAsTheyAreStored() throws Exception {
    NarFixture nar = put(1, 2, 3);
    assertArrayEquals(frames(nar), storedFrames(nar), "frames of their own");

    idleFor(Duration.ofMinutes(1));

    byte[] sent = storedFrames(nar);
    assertEquals(ChunkPlace.packedLength(places(nar)), sent.length);
    assertTrue(sent.length < frames(nar).length * 0.9);
    assertArrayEquals(nar.nar(), decode(sent));
  }

  @Test
  void ofAGroupThatANarHasInPartItsChunksAreSentAlone() throws Exception {
    NarFixture all = put(1, 2, 3);
    NarFixture some = put(1, 3);
    NarFixture twice = put(2, 2, 1);
    idleFor(Duration.ofMinutes(1));

    for (NarFixture nar : List.of(all, some, twice)) {
      assertArrayEquals(nar.nar(), decode(storedFrames(nar)));
    }
  }

  @Test
  void aSlowReaderOfGroupsHoldsNoMemoryWhileItWaits() throws Exception {
    NarFixture large = put(1, 2, 3);
    NarFixture inMemory = put(4);
    idleFor(Duration.ofMinutes(1));
    DecoderShare decoders = new DecoderBudget(BUDGET_BYTES).share(Work.READING);

    for (NarFixture nar : List.of(large, inMemory)) {
      ChunkedManifest manifest = open(nar);
      assertTrue(manifest.groupBytes() > 0);
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      try (InputStream in =
          decoders.openChunks(manifest.storedFrames(), 0, manifest.groupBytes())) {
        byte[] some = new byte[FEW];
        int count = 0;
        while (count >= 0) {
          sent.write(some, 0, count);
          decoders.openChunks(BUDGET_BYTES, InputStream::nullInputStream).close(); // takes all
          count = in.read(some);
        }
      }
      assertArrayEquals(storedFrames(nar), sent.toByteArray());
    }
  }

  @Test
  void aReaderOfStoredFramesGoesOnWhileTheirPacksAreReplaced() throws Exception {
    NarFixture nar = put(1, 2, 3);
    try (InputStream in = open(nar).openStoredFrames()) {
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      sent.write(in.readNBytes(FEW));
      idleFor(GarbageTable.GRACE);
      idleFor(GarbageTable.GRACE);
      in.transferTo(sent);

      assertArrayEquals(nar.nar(), decode(sent.toByteArray()));
      assertTrue(sent.size() < frames(nar).length, "the rest came in groups");
    }
  }
}
