package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import narthex.blob.BlobStore;
import narthex.blob.DirectoryBlobStore;
import narthex.blob.FaultyBlobStore;
import narthex.chunk.ChunkStore.OtherSizes;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads NARs while they are cut, from real files. */
class GrowingChunksTest {
  private static final ChunkSizes SIZES = new ChunkSizes(1 << 10, 4 << 10, 16 << 10);
  private static final long PACK_BYTES = 100_000;
  private static final Instant NOON = Instant.parse("2025-03-04T12:00:00Z");
  private static final int DEADLINE_SECONDS = 60;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  @TempDir Path folder;
  private BlobStore files;
  private FaultyBlobStore blobs;
  private Database database;
  private ChunkStore store;

  @BeforeEach
  void open() throws Exception {
    files = DirectoryBlobStore.open(folder.resolve("blobs"));
    blobs = new FaultyBlobStore(files);
    database =
        Database.open(
            new DatabaseAddress("jdbc:sqlite:" + folder.resolve("narthex.db"), null, null, null));
    store =
        new ChunkStore(
            blobs, database, new ChunkStore.Policy(SIZES, PACK_BYTES, OtherSizes.REFUSED), threads);
  }

  @AfterEach
  void close() throws Exception {
    threads.shutdownNow();
    database.close();
    files.close();
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static NarId id(byte[] nar) throws Exception {
    return new NarId(
        Sha256.of(MessageDigest.getInstance("SHA-256").digest(nar)), Math.max(1, nar.length));
  }

  private <T> T await(Future<T> future) throws Exception {
    return future.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  /** Runs in another thread with a time limit, so that a test that blocks fails. */
  private <T> T soon(Callable<T> work) throws Exception {
    return await(threads.submit(work));
  }

  private boolean store(ChunkedWriter writer, byte[] nar) throws Exception {
    writer.finish();
    writer.manifest().complete();
    return writer.store(id(nar), NOON);
  }

  @Test
  void aChunkIsThereAsSoonAsItIsSurelyCut() throws Exception {
    byte[] nar = random(300_000, 1);
    Chunker chunker = new Chunker(SIZES);
    try (ChunkedWriter writer = store.begin();
        InputStream in = writer.manifest().open(0)) {
      for (int from = 0; from < 200_000; ) {
        int end = from + chunker.cut(nar, from, nar.length);
        writer.write(nar, from, end - from);

        int length = end - from;
        assertArrayEquals(Arrays.copyOfRange(nar, from, end), soon(() -> in.readNBytes(length)));
        from = end;
      }
    }
  }

  @Test
  void readersFollowFromAnyOffsetAndEndWhenAllIsRight() throws Exception {
    byte[] nar = random(1_500_000, 2);
    System.arraycopy(nar, 0, nar, 700_000, 300_000); // chunks in packs committed before
    try (ChunkedWriter writer = store.begin(OptionalLong.of(nar.length))) {
      List<Integer> offsets = List.of(0, 1, 4096, 699_999, 700_001, 1_499_999, 1_500_000);
      List<Future<byte[]>> readers = new ArrayList<>();
      for (int from : offsets) {
        readers.add(
            threads.submit(
                () -> {
                  try (InputStream in = writer.manifest().open(from)) {
                    return in.readAllBytes();
                  }
                }));
      }
      for (int at = 0; at < nar.length; at += 30_000) {
        writer.write(nar, at, Math.min(30_000, nar.length - at));
      }
      writer.finish();
      assertTrue(readers.stream().noneMatch(Future::isDone));
      writer.manifest().complete();

      for (int i = 0; i < offsets.size(); i++) {
        assertArrayEquals(
            Arrays.copyOfRange(nar, offsets.get(i), nar.length), await(readers.get(i)));
      }
      assertTrue(writer.store(id(nar), NOON));
    }
  }

  @Test
  void skippedBytesNeedNotBeRead() throws Exception {
    byte[] nar = random(400_000, 3);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      writer.manifest().complete();
      String firstPack = firstPack(writer);
      try (InputStream in = writer.manifest().open(0)) {
        blobs.breakReadsAt(firstPack, 0);
        in.skipNBytes(350_000);
        assertArrayEquals(Arrays.copyOfRange(nar, 350_000, nar.length), in.readAllBytes());
      }
      try (InputStream in = writer.manifest().open(0)) {
        assertThrows(IOException.class, in::read);
      }
    }
  }

  private String firstPack(ChunkedWriter writer) throws Exception {
    writer.store(new NarId(id(new byte[1]).hash(), 400_000), NOON);
    return database.chunks().places(new long[] {1}).get(0).pack();
  }

  @Test
  void aReaderGoesOnWhenAllIsStored() throws Exception {
    byte[] nar = random(900_000, 4);
    ChunkedWriter writer = store.begin();
    try (InputStream in = writer.manifest().open(10)) {
      writer.write(nar, 0, nar.length);
      byte[] begin = soon(() -> in.readNBytes(20));
      assertTrue(store(writer, nar));
      writer.close();

      assertArrayEquals(Arrays.copyOfRange(nar, 10, 30), begin);
      assertArrayEquals(Arrays.copyOfRange(nar, 30, nar.length), in.readAllBytes());
    }
  }

  @Test
  void aReaderGoesOnWhenItsPacksAreGoneBecauseAnotherWriterWasFirst() throws Exception {
    byte[] nar = random(900_000, 5);
    for (int read : List.of(0, 1, 50_000, 120_000, 899_999, 900_000)) {
      assertArrayEquals(nar, readBehindAnother(nar, read, false));
      drop(nar);
    }
  }

  @Test
  void aReaderGoesOnWhenItsWriterWasRefusedAndAnotherStoredTheNar() throws Exception {
    byte[] nar = random(900_000, 10);
    ChunkedWriter writer = store.begin();
    try (ChunkedWriter other = store.begin();
        InputStream in = writer.manifest().open(0)) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      writer.manifest().complete();
      byte[] begin = soon(() -> in.readNBytes(50_000));
      other.write(nar, 0, nar.length);
      assertTrue(store(other, nar));
      writer.storedByAnother(id(nar));
      writer.close();

      assertArrayEquals(Arrays.copyOf(nar, 50_000), begin);
      assertArrayEquals(Arrays.copyOfRange(nar, 50_000, nar.length), in.readAllBytes());
    }
  }

  @Test
  void aReaderBreaksWhenItsPacksAreGoneAndTheNarToo() throws Exception {
    byte[] nar = random(900_000, 6);

    assertThrows(IOException.class, () -> readBehindAnother(nar, 50_000, true));
  }

  /**
   * Reads {@code first} bytes; reads the rest after another writer has stored the same NAR first.
   */
  private byte[] readBehindAnother(byte[] nar, int first, boolean lose) throws Exception {
    ChunkedWriter writer = store.begin();
    try (ChunkedWriter other = store.begin();
        InputStream in = writer.manifest().open(0)) {
      byte[] all = new byte[nar.length];
      writer.write(nar, 0, nar.length);
      writer.finish();
      int read = soon(() -> in.readNBytes(all, 0, first));
      other.write(nar, 0, nar.length);
      assertTrue(store(other, nar));
      assertFalse(store(writer, nar));
      writer.close();
      if (lose) {
        drop(nar);
      }
      read += in.readNBytes(all, read, all.length - read);
      assertEquals(-1, in.read());
      assertEquals(nar.length, read);
      return all;
    }
  }

  private void drop(byte[] nar) throws Exception {
    var stored = database.findNar(id(nar).hash()).orElseThrow();
    var chunked = stored.find(Form.CHUNKED, Compression.NONE).orElseThrow();
    for (var part = database.chunks().findPart(id(nar).hash(), 0); part.isPresent(); ) {
      for (var place : database.chunks().places(part.get().numbers())) {
        database.chunks().condemnPack(place.pack());
      }
      long end = part.get().narOffset() + part.get().length();
      part = database.chunks().findPart(id(nar).hash(), end);
    }
    database.deleteRepresentation(id(nar).hash(), chunked, java.time.Instant.EPOCH);
  }

  @Test
  void chunksThatWereStoredBeforeAreReadWhereTheyLie() throws Exception {
    byte[] one = random(500_000, 7);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(one, 0, one.length);
      store(writer, one);
    }
    byte[] other = one.clone();
    other[250_000] ^= 1;
    try (ChunkedWriter writer = store.begin();
        InputStream in = writer.manifest().open(0)) {
      writer.write(other, 0, other.length);
      writer.finish();
      writer.manifest().complete();
      assertArrayEquals(other, soon(in::readAllBytes));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aChunkOfANarBeforeThatIsLostOrDamagedIsNamed(boolean lost) throws Exception {
    byte[] one = random(500_000, 11);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(one, 0, one.length);
      store(writer, one);
    }
    byte[] other = Arrays.copyOf(one, 600_000);
    try (ChunkedWriter writer = store.begin();
        InputStream in = writer.manifest().open(0)) {
      writer.write(other, 0, other.length);
      writer.finish();
      ChunkPlace first = place(id(one), 0);
      if (lost) {
        blobs.lose(first.pack());
      } else {
        blobs.flipByte(first.pack(), first.offset() + 20);
      }

      ChunkLostException e = assertThrows(ChunkLostException.class, in::read);
      assertEquals(first, e.place().orElseThrow());
      assertEquals(lost, e.isPackLost());
    }
  }

  private ChunkPlace place(NarId nar, long narOffset) throws Exception {
    var part = database.chunks().findPart(nar.hash(), narOffset).orElseThrow();
    return database.chunks().places(part.numbers()).get(0);
  }

  @Test
  void aFailureBreaksTheReaders() throws Exception {
    byte[] nar = random(400_000, 8);
    ChunkedWriter writer = store.begin();
    InputStream early = writer.manifest().open(0);
    InputStream late = writer.manifest().open(399_000);
    Future<byte[]> reader = threads.submit(early::readAllBytes);
    Future<byte[]> waiting = threads.submit(late::readAllBytes);
    writer.write(nar, 0, 300_000);
    writer.close();

    for (Future<byte[]> broken : List.of(reader, waiting)) {
      Exception e = assertThrows(ExecutionException.class, () -> await(broken));
      assertTrue(e.getCause() instanceof IOException, e::toString);
    }
    assertThrows(IOException.class, () -> writer.manifest().open(0).read());
    early.close();
    late.close();
  }

  @Test
  void aDamagedFrameIsNeverGiven() throws Exception {
    byte[] nar = random(400_000, 9);
    try (ChunkedWriter writer = store.begin()) {
      writer.write(nar, 0, nar.length);
      writer.finish();
      writer.manifest().complete();
      blobs.flipByte(firstPack(writer), 2_000);
      byte[] got = new byte[nar.length];
      int read = 0;
      try (InputStream in = writer.manifest().open(0)) {
        while (true) {
          int count = in.read(got, read, 1000);
          assertTrue(count > 0);
          read += count;
        }
      } catch (IOException e) {
        assertTrue(read < 17 << 10, () -> "broken: " + e);
      }
      assertArrayEquals(Arrays.copyOf(nar, read), Arrays.copyOf(got, read));
    }
  }
}
