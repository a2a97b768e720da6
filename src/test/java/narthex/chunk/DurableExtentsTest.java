package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import narthex.blob.Extent;
import narthex.blob.GrowingExtents;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.nix.Compression;
import narthex.nix.Sha256;
import narthex.stream.DecoderBudget;
import narthex.stream.DecoderBudget.Work;
import narthex.stream.DecoderShare;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DurableExtentsTest extends ChunkStoreFixture {
  private static final int STEP = 100_000;

  private final DecoderShare decoders = new DecoderBudget(64 << 20).share(Work.READING);

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /** Reads chunks by their extents alone. */
  private byte[] read(List<Extent> extents) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Extent extent : extents) {
      InputStream frames = memory.open(extent.blob(), extent.offset(), extent.storedLength());
      try (InputStream in = decoders.decode(Compression.ZSTD, frames, extent.length())) {
        assertEquals(extent.length(), in.transferTo(bytes));
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void whatIsDurableCanBeReadByItsExtentsAlone() throws Exception {
    byte[] before = random(300_000, 1);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(before, 0, before.length);
      writer.finish();
      writer.store(id(before), NOON);
    }
    byte[] nar = random(1_500_000, 2);
    System.arraycopy(before, 0, nar, 500_000, before.length); // in packs of an earlier NAR
    System.arraycopy(nar, 0, nar, 1_000_000, 200_000); // in packs of this NAR
    try (ChunkedWriter writer = store.begin()) {
      for (int end = STEP; end <= nar.length; end += STEP) {
        writer.write(nar, end - STEP, STEP);
        writer.manifest().awaitByte(end - 2L * SIZES.max());

        byte[] durable = read(writer.manifest().extents().list());
        assertArrayEquals(Arrays.copyOf(nar, durable.length), durable);
        assertTrue(durable.length > 0 || end <= 2 * STEP);
      }
      assertTrue(read(writer.manifest().extents().list()).length < nar.length);
      writer.finish();

      List<Extent> all = writer.manifest().extents().list();
      assertArrayEquals(nar, read(all));
      assertTrue(all.size() < 40, () -> "extents: " + all.size());
    }
  }

  @Test
  void nothingIsReportedFromAChunkInAGroupOn() {
    GrowingExtents extents = new GrowingExtents();
    DurableExtents durable = new DurableExtents(extents);
    Sha256 hash = Sha256.of(new byte[Sha256.BYTES]);
    ChunkPlace own = new ChunkPlace(1, hash, "pack/a", 0, 10, 20, 0);
    ChunkPlace grouped =
        new ChunkPlace(2, hash, "pack/b", 10, 10, 20, 0, new ChunkGroup(30, 60, 0, 20));
    ChunkPlace after = new ChunkPlace(3, hash, "pack/a", 10, 10, 20, 0);

    for (ChunkPlace place : List.of(own, grouped, after)) {
      durable.add(place, "");
    }
    durable.committed();

    assertEquals(List.of(new Extent("pack/a", 0, 10, 20)), extents.list());
  }
}
