package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import narthex.blob.BlobLostException;
import narthex.blob.BlobSink;
import narthex.blob.FrameReader.Frame;
import narthex.blob.PassingBlobStore;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.nix.Compression;
import narthex.stream.Decoders;
import narthex.stream.ZstdFrames;
import org.junit.jupiter.api.Test;

/** Found chunks of a NAR in flight whose packs are rewritten while several readers need them. */
class MovedChunksTest extends ChunkStoreFixture {
  private static final int CHUNK = 10_000;

  private final byte[] nar = new byte[3 * CHUNK];
  private final ChunkLog log = new ChunkLog();

  MovedChunksTest() {
    new Random(1).nextBytes(nar);
  }

  private GrowingChunks growing() {
    return new GrowingChunks(store, log);
  }

  private ChunkPlace firstChunk() throws IOException {
    return database.chunks().places(new long[] {1}).get(0);
  }

  @Test
  void eachReaderFindsAChunkThatAnotherOneFoundBefore() throws Exception {
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      writer.manifest().complete();
      assertTrue(writer.store(id(nar), NOON));
    }
    ChunkPlace before = firstChunk();
    log.append(log.addStored(before));
    new PackCompaction(store, OptionalInt.empty())
        .run(List.of(before.pack()), 2, () -> false, NOON);
    memory.delete(before.pack());
    assertNotEquals(before.pack(), firstChunk().pack());

    GrowingChunks chunks = growing();
    try (GrowingPacks one = new GrowingPacks(chunks, blobs);
        GrowingPacks other = new GrowingPacks(chunks, blobs)) {
      BlobLostException first = assertThrows(BlobLostException.class, () -> one.read(0));
      BlobLostException second = assertThrows(BlobLostException.class, () -> other.read(0));
      assertTrue(one.recover(0, first).isEmpty());
      assertTrue(other.recover(0, second).isEmpty(), "nothing is lost");

      assertEquals(firstChunk(), one.read(0).chunk());
      assertEquals(firstChunk(), other.read(0).chunk());
    }
  }

  private byte[] encode(int from, int length) throws IOException {
    byte[] frame = new byte[ZstdFrames.largestFrame(length)];
    try (ZstdFrames encoder = new ZstdFrames()) {
      return Arrays.copyOf(frame, encoder.encode(nar, from, length, frame, 0));
    }
  }

  /** Stores the first chunks as a pack of one group. Returns their places in it. */
  private List<ChunkPlace> group(String pack, int count) throws Exception {
    byte[] frame = encode(0, count * CHUNK);
    try (BlobSink sink = memory.create(pack)) {
      sink.write(frame, 0, frame.length);
      sink.commit();
    }
    List<ChunkPlace> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] own = encode(i * CHUNK, CHUNK);
      byte[] chunk = Arrays.copyOfRange(nar, i * CHUNK, (i + 1) * CHUNK);
      ChunkGroup group =
          new ChunkGroup(frame.length, count * CHUNK, FrameCrc.of(frame, frame.length), i * CHUNK);
      int crc = FrameCrc.of(own, own.length);
      places.add(new ChunkPlace(i + 1, id(chunk).hash(), pack, 0, own.length, CHUNK, crc, group));
    }
    return places;
  }

  @Test
  void aFrameOfAGroupStandsForNoOtherGroupThatAnotherReaderFindsMeanwhile() throws Exception {
    List<ChunkPlace> moved = group("pack/three", 3);
    for (ChunkPlace place : group("pack/two", 2)) {
      log.append(log.addStored(place));
    }
    log.append(log.addStored(group("pack/last", 3).get(2)));
    PassingBlobStore moving =
        new PassingBlobStore(memory) {
          @Override
          public InputStream open(String key, long from, long length) throws IOException {
            InputStream in = store.open(key, from, length);
            moved.forEach(log::move);
            return in;
          }
        };

    ByteArrayOutputStream sent = new ByteArrayOutputStream();
    try (GrowingFrames frames = new GrowingFrames(growing(), moving)) {
      for (long from = 0; from < nar.length; ) {
        Frame next = assertInstanceOf(Frame.class, frames.read(from));
        sent.write(next.bytes().array(), next.bytes().position(), next.bytes().remaining());
        from += next.length();
      }
    }

    byte[] zstd = sent.toByteArray();
    try (InputStream in = Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(zstd))) {
      assertArrayEquals(nar, in.readAllBytes());
    }
  }
}
