package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
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
  private static final Sha256 HASH = Sha256.of(new byte[Sha256.BYTES]);

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
  void chunksThatWereFoundAreReportedSoonToAReplicaThatFollows() throws Exception {
    byte[] nar = random(60_000, 1); // all in one pack
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      assertTrue(writer.store(id(nar), NOON));
    }
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length - 1);
      writer.manifest().awaitByte(0);
      writer.manifest().extents().followed();

      byte[] durable = read(writer.manifest().extents().awaitMore(0, Duration.ofSeconds(20)));
      assertTrue(durable.length > 0);
      assertArrayEquals(Arrays.copyOf(nar, durable.length), durable);
    }
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

  private static ChunkPlace own(String pack, long offset) {
    return new ChunkPlace(1, HASH, pack, offset, 10, 20, 0);
  }

  /** A chunk of 20 bytes in a group of 60 whose frame has 30 bytes. */
  private static ChunkPlace grouped(String pack, long offset, int at) {
    return new ChunkPlace(1, HASH, pack, offset, 10, 20, 0, new ChunkGroup(30, 60, 0, at));
  }

  private static List<Extent> report(ChunkPlace... places) {
    GrowingExtents extents = new GrowingExtents();
    DurableExtents durable = new DurableExtents(extents);
    for (ChunkPlace place : places) {
      durable.add(place, "");
    }
    durable.committed();
    return extents.list();
  }

  @Test
  void chunksThatFollowEachOtherInAGroupAreOneExtent() {
    assertEquals(
        List.of(
            new Extent("pack/a", 0, 10, 20),
            new Extent("pack/b", 10, 30, 40, 20),
            new Extent("pack/a", 10, 10, 20)),
        report(
            own("pack/a", 0),
            grouped("pack/b", 10, 20),
            grouped("pack/b", 10, 40),
            own("pack/a", 10)));
  }

  @Test
  void framesThatFollowEachOtherAreOneExtentIfNoByteIsBetweenTheChunks() {
    assertEquals(
        List.of(new Extent("pack/b", 0, 70, 80, 20)),
        report(
            grouped("pack/b", 0, 20),
            grouped("pack/b", 0, 40),
            own("pack/b", 30),
            grouped("pack/b", 40, 0)));
    assertEquals(
        List.of(new Extent("pack/b", 0, 30, 20, 0), new Extent("pack/b", 30, 10, 20)),
        report(grouped("pack/b", 0, 0), own("pack/b", 30)));
    assertEquals(
        List.of(new Extent("pack/b", 0, 10, 20), new Extent("pack/b", 10, 30, 20, 20)),
        report(own("pack/b", 0), grouped("pack/b", 10, 20)));
  }

  @Test
  void chunksInAnotherOrderOrTwiceAreExtentsOfTheirOwn() {
    assertEquals(
        List.of(
            new Extent("pack/b", 0, 30, 20, 20),
            new Extent("pack/b", 0, 30, 20, 0),
            new Extent("pack/b", 0, 30, 20, 0),
            new Extent("pack/a", 0, 10, 20),
            new Extent("pack/a", 0, 10, 20)),
        report(
            grouped("pack/b", 0, 20),
            grouped("pack/b", 0, 0),
            grouped("pack/b", 0, 0),
            own("pack/a", 0),
            own("pack/a", 0)));
  }
}
