package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import narthex.chunk.ChunkLostException;
import narthex.chunk.ChunkedWriter;
import narthex.chunk.PackCompaction;
import narthex.db.ChunkPlace;
import narthex.db.RepackTable.Candidate;
import narthex.ingest.CdcMode;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.ZstdFrames;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;
import org.junit.jupiter.api.Test;

/** Packs are compressed again while the server is idle. */
class RepackTest extends RepackFixture {
  @Test
  void packsBecomeSmallerAndClientsGetTheSameBytes() throws Exception {
    NarFixture nar = put(1, 2, 3);
    byte[] frames = frames(nar);
    long before = bytes();

    idleFor(Duration.ofMinutes(1));

    assertTrue(bytes() < before * 0.9, () -> bytes() + " of " + before);
    assertTrue(places(nar).stream().allMatch(place -> place.group() != null));
    assertReadable(nar);
    assertArrayEquals(frames, frames(nar));
  }

  @Test
  void anyPartOfANarInGroupsCanBeRead() throws Exception {
    NarFixture nar = put(1, 2);
    byte[] frames = frames(nar);
    idleFor(Duration.ofMinutes(1));
    Random random = new Random(1);

    for (int i = 0; i < 50; i++) {
      int from = random.nextInt(nar.nar().length);
      try (InputStream in = open(nar).open(from)) {
        int end = Math.min(nar.nar().length, from + FEW);
        assertArrayEquals(Arrays.copyOfRange(nar.nar(), from, end), in.readNBytes(end - from));
      }
      from = random.nextInt(frames.length);
      try (InputStream in = open(nar).openFrames(from)) {
        assertArrayEquals(Arrays.copyOfRange(frames, from, frames.length), in.readAllBytes());
      }
    }
  }

  @Test
  void anAnnouncedZstdFileStaysTheSameAndAnnounced() throws Exception {
    NarFixture nar = put(1, 2);
    HashFrames hash = new HashFrames(database, stored, chunked);
    assertTrue(hash.run(nar.id().hash()));
    Sha256 announced = form(nar).framesHash();
    byte[] frames = frames(nar);

    idleFor(Duration.ofMinutes(1));

    assertEquals(announced, form(nar).framesHash());
    assertArrayEquals(frames, frames(nar));
    assertEquals(List.of(), hash.find(Optional.empty(), 10));
  }

  @Test
  void nothingIsCompressedAgainWhileClientsAreServed() throws Exception {
    put(1, 2);
    Set<String> before = packs();
    isIdle = false;

    idleFor(Duration.ofMinutes(1));

    assertEquals(before, packs());
    isIdle = true;
    idleFor(Duration.ofMinutes(1));
    assertNotEquals(before, packs());
  }

  @Test
  void aRequestEndsTheWorkWithinAPack() throws Exception {
    NarFixture nar = put(1, 2);
    Set<String> before = packs();
    AtomicInteger asked = new AtomicInteger();
    RepackPacks interrupted =
        new RepackPacks(database, compaction, () -> asked.incrementAndGet() < 4, () -> now);

    Candidate first = interrupted.find(Optional.empty(), 1).get(0);
    assertFalse(interrupted.run(first));

    assertEquals(4, asked.get());
    assertEquals(before, packs());
    assertEquals(first, repack.find(Optional.empty(), 1).get(0));
    assertReadable(nar);
  }

  @Test
  void aPackIsCompressedAgainOnceForEachLevel() throws Exception {
    put(1, 2);
    idleFor(Duration.ofMinutes(1));
    Set<String> once = packs();

    for (int i = 0; i < 3; i++) {
      idleFor(Duration.ofHours(2));
    }

    assertEquals(once, packs());
    assertEquals(List.of(), repack.find(Optional.empty(), 100));
    RepackPacks lower = repack(LEVEL - 1);
    assertEquals(List.of(), lower.find(Optional.empty(), 100));
    RepackPacks higher = repack(LEVEL + 1);
    assertEquals(once.size(), higher.find(Optional.empty(), 100).size());
  }

  private RepackPacks repack(int level) {
    PackCompaction other = new PackCompaction(chunks, OptionalInt.of(level));
    return new RepackPacks(database, other, () -> true, () -> now);
  }

  @Test
  void aPackThatDoesNotBecomeSmallerStaysAndIsDone() throws Exception {
    NarFixture nar = NarFixture.of("random", NarTree.random(1, FILE), Compression.XZ);
    put(nar, CdcMode.EAGER);
    Set<String> before = packs();

    idleFor(Duration.ofMinutes(1));

    assertEquals(before, packs());
    assertEquals(List.of(), repack.find(Optional.empty(), 100));
    assertReadable(nar);
  }

  @Test
  void theOldestPacksComeFirst() throws Exception {
    NarFixture old = put(1);
    put(2);

    Candidate first = repack.find(Optional.empty(), 1).get(0);

    assertEquals(places(old).get(0).pack(), first.pack());
  }

  @Test
  void readersGoOnWhileTheirPacksAreReplaced() throws Exception {
    NarFixture nar = put(1, 2, 3, 4);
    byte[] frames = frames(nar);
    try (InputStream decoded = open(nar).open(0);
        InputStream encoded = open(nar).openFrames(0)) {
      byte[] begin = decoded.readNBytes(FEW);
      byte[] beginOfFrames = encoded.readNBytes(FEW);
      Set<String> before = packs();
      idleFor(Duration.ofMinutes(1));
      Set<String> left = packs();
      left.retainAll(before);
      assertEquals(Set.of(), left);

      assertArrayEquals(Arrays.copyOf(nar.nar(), FEW), begin);
      assertArrayEquals(
          Arrays.copyOfRange(nar.nar(), FEW, nar.nar().length), decoded.readAllBytes());
      assertArrayEquals(Arrays.copyOf(frames, FEW), beginOfFrames);
      assertArrayEquals(Arrays.copyOfRange(frames, FEW, frames.length), encoded.readAllBytes());
    }
  }

  @Test
  void aNarThatSharesChunksOfAGroupIsStored() throws Exception {
    NarFixture first = put(1, 2);
    idleFor(Duration.ofMinutes(1));
    Set<String> before = packs();
    NarFixture second = nar(2, 3);

    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(second.nar(), 0, second.nar().length);
      writer.finish();
      int withheld = 1;
      byte[] expected = Arrays.copyOf(second.nar(), second.nar().length - withheld);
      try (InputStream in = writer.manifest().open(0)) {
        assertArrayEquals(expected, in.readNBytes(expected.length));
      }
      assertTrue(writer.store(second.id(), now));
    }

    assertReadable(first);
    assertReadable(second);
    assertTrue(places(second).stream().anyMatch(place -> before.contains(place.pack())));
    assertEquals(form(second).fileSizeBytes(), frames(second).length);
  }

  @Test
  void aFollowerOfANarInFlightGoesOnWhenItsFoundChunksAreCompressedAgain() throws Exception {
    put(1, 2);
    NarFixture second = nar(2, 3);
    try (ChunkedWriter writer = chunks.begin()) {
      writer.write(second.nar(), 0, second.nar().length);
      writer.finish();
      idleFor(Duration.ofMinutes(1));
      byte[] expected = Arrays.copyOf(second.nar(), second.nar().length - 1);

      try (InputStream in = writer.manifest().open(0)) {
        assertArrayEquals(expected, in.readNBytes(expected.length));
      }
      assertTrue(writer.store(second.id(), now));
    }
    assertReadable(second);
  }

  @Test
  void chunksOfAGroupGoWithTheirNars() throws Exception {
    NarFixture gone = put(1, 2, 3, 4, 5);
    NarFixture kept = put(3);
    idleFor(Duration.ofMinutes(1));
    long before = bytes();
    byte[] frames = frames(kept);
    stored.drop(gone.id().hash(), form(gone));

    for (int i = 0; i < 4; i++) {
      idleFor(Duration.ofHours(1));
    }

    assertTrue(bytes() < before / 2, () -> bytes() + " of " + before);
    assertReadable(kept);
    assertArrayEquals(frames, frames(kept));
  }

  @Test
  void aDamagedGroupIsFoundAndHealed() throws Exception {
    NarFixture nar = put(1);
    idleFor(Duration.ofMinutes(1));
    ChunkPlace place = places(nar).get(0);
    blobs.flipByte(place.pack(), place.offset() + place.packedLength() / 2);

    ChunkLostException lost = assertThrows(ChunkLostException.class, () -> frames(nar));
    chunked.drop(nar.id().hash(), form(nar), lost);
    NarId id = nar.id();
    try (ChunkedWriter writer = chunked.cut(id)) {
      writer.write(nar.nar(), 0, nar.nar().length);
      writer.finish();
      assertTrue(writer.store(id, now));
    }

    assertReadable(nar);
  }

  @Test
  void aFailureOfTheStorageLeavesTheChunksWhereTheyAre() throws Exception {
    NarFixture nar = put(1, 2);
    Set<String> before = packs();
    blobs.failWritesAfter(FEW);
    Candidate first = repack.find(Optional.empty(), 1).get(0);

    assertThrows(IOException.class, () -> repack.run(first));

    blobs.heal();
    assertEquals(before, packs());
    assertReadable(nar);
    assertTrue(repack.run(first));
  }

  @Test
  void anotherVersionOfTheCompressorForgetsWhatWasAnnounced() throws Exception {
    NarFixture nar = put(1, 2);
    assertEquals(0, database.collection().repacking().keepCodec(ZstdFrames.version()));
    HashFrames hash = new HashFrames(database, stored, chunked);
    hash.run(nar.id().hash());
    assertEquals(0, database.collection().repacking().keepCodec("other"));
    idleFor(Duration.ofMinutes(1));

    assertEquals(0, database.collection().repacking().keepCodec("other"));
    assertEquals(1, database.collection().repacking().keepCodec("another"));

    assertEquals(null, form(nar).framesHash());
    assertTrue(hash.run(nar.id().hash()));
  }
}
