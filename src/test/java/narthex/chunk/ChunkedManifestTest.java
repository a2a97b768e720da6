package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import narthex.blob.BlobLostException;
import narthex.blob.FaultyBlobStore;
import narthex.blob.MemoryBlobStore;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.Compression;
import narthex.stream.CorruptEncodingException;
import narthex.stream.Decoders;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads chunked NARs: from the start, from any offset, and damaged ones. */
class ChunkedManifestTest {
  private static final byte[] NAR = NarTree.mixed(5, 200_000).nar();

  @TempDir Path folder;
  private final Opens blobs = new Opens(new MemoryBlobStore());
  private final FaultyBlobStore faulty = new FaultyBlobStore(blobs);
  private Database database;
  private StoredChunks stored;
  private byte[] frames;

  @BeforeEach
  void open() throws IOException {
    database = Database.open(new DatabaseAddress(url(), null, null, null));
    stored = store(NAR, Shape.usual());
    frames = stored.frames();
  }

  @AfterEach
  void close() {
    assertEquals(0, blobs.open);
    database.close();
  }

  private String url() {
    return "jdbc:sqlite:" + folder.resolve("test.db");
  }

  private StoredChunks store(byte[] nar, Shape shape) throws IOException {
    return StoredChunks.store(database, blobs, shape, nar);
  }

  private ChunkedManifest manifest() {
    return manifest(stored);
  }

  private ChunkedManifest manifest(StoredChunks of) {
    return new ChunkedManifest(database.chunks(), faulty, of.id(), of.framesLength());
  }

  private static byte[] read(InputStream opened) throws IOException {
    try (InputStream in = opened) {
      return in.readAllBytes();
    }
  }

  private static byte[] from(byte[] bytes, long offset) {
    return Arrays.copyOfRange(bytes, (int) offset, bytes.length);
  }

  private void execute(String sql) throws Exception {
    try (Connection connection = DriverManager.getConnection(url());
        var statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /**
   * Returns every start and end of a chunk, the offsets next to them, and the middle of each chunk.
   */
  private static Set<Long> offsets(List<Integer> lengths) {
    Set<Long> offsets = new TreeSet<>(Set.of(0L));
    long at = 0;
    for (int length : lengths) {
      offsets.addAll(List.of(at + 1, at + length / 2, at + length - 1, at + length));
      at += length;
    }
    return offsets;
  }

  @Test
  void theNarIsReadFromEveryKindOfOffset() throws IOException {
    assertTrue(stored.places().size() > 15, stored.places().toString());
    for (long offset : offsets(stored.places().stream().map(ChunkPlace::length).toList())) {
      assertArrayEquals(from(NAR, offset), read(manifest().open(offset)), "from " + offset);
    }
    assertEquals(OptionalLong.of(NAR.length), manifest().length());
  }

  @Test
  void theFramesAreReadFromEveryKindOfOffset() throws IOException {
    for (long offset : offsets(stored.places().stream().map(ChunkPlace::storedLength).toList())) {
      assertArrayEquals(
          from(frames, offset), read(manifest().openFrames(offset)), "from " + offset);
    }
    assertEquals(frames.length, manifest().framesLength());
    assertArrayEquals(
        NAR, read(Decoders.decode(Compression.ZSTD, new ByteArrayInputStream(frames))));
  }

  @Test
  void aManifestThatLookedAtItsStartIsReadFromEveryPart() throws IOException {
    ChunkedManifest manifest = manifest();
    manifest.requireStart();
    for (int round = 0; round < 2; round++) {
      for (long offset = 0; offset <= NAR.length; offset += NAR.length / 20) {
        assertArrayEquals(from(NAR, offset), read(manifest.open(offset)));
      }
      assertArrayEquals(frames, read(manifest.openFrames(0)));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyNarInAnyShapeIsReadBack(long seed) throws IOException {
    Random random = new Random(seed);
    for (int round = 0; round < 10; round++) {
      byte[] nar = repetitive(random);
      Shape shape =
          new Shape(new ChunkSizes(64, 128, 256), 1 + random.nextInt(9), 1 + random.nextInt(9));
      StoredChunks other = store(nar, shape);
      ChunkedManifest manifest = manifest(other);
      byte[] coded = other.frames();
      for (int i = 0; i < 10; i++) {
        int offset = random.nextInt(nar.length + 1);
        assertArrayEquals(from(nar, offset), read(manifest.open(offset)));
        int frameOffset = random.nextInt(coded.length + 1);
        assertArrayEquals(from(coded, frameOffset), read(manifest.openFrames(frameOffset)));
      }
    }
  }

  /** Returns random bytes with repeated pieces. */
  private static byte[] repetitive(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(6000)];
    random.nextBytes(bytes);
    for (int i = 0; i < 4; i++) {
      int length = random.nextInt(bytes.length);
      int to = random.nextInt(bytes.length - length);
      System.arraycopy(bytes, random.nextInt(bytes.length - length), bytes, to, length);
    }
    return bytes;
  }

  @Test
  void offsetsOutsideAreRefused() {
    for (long offset : new long[] {-1, NAR.length + 1L}) {
      assertThrows(IllegalArgumentException.class, () -> manifest().open(offset));
    }
    long behind = stored.framesLength() + 1;
    assertThrows(IllegalArgumentException.class, () -> manifest().openFrames(behind));
  }

  @Test
  void neighbouringFramesAreReadTogetherAndOnlyWhatIsNeeded() throws IOException {
    StoredChunks wide =
        store(NarTree.random(8, 200_000).nar(), new Shape(Shape.usual().sizes(), 1000, 1000));
    blobs.opened.clear();
    read(manifest(wide).openFrames(0));
    assertTrue(blobs.opened.size() <= 3, blobs.opened.toString());

    long middle = NAR.length / 2;
    blobs.opened.clear();
    try (InputStream in = manifest().open(middle)) {
      assertEquals(NAR[(int) middle] & 0xff, in.read());
    }
    assertEquals(List.of(stored.placeOf(middle).pack()), blobs.opened);
  }

  @Test
  void theNextRunsAreAnnouncedWhileOneIsRead() throws IOException {
    byte[] nar = NarTree.random(10, 400_000).nar();
    StoredChunks many = store(nar, new Shape(Shape.usual().sizes(), 5, 1000));
    blobs.events.clear();

    assertArrayEquals(nar, read(manifest(many).open(0)));

    List<String> opens = blobs.events.stream().filter(e -> e.startsWith("open")).toList();
    List<String> unannounced =
        opens.stream().filter(e -> !blobs.events.contains(e.replace("open", "expect"))).toList();
    // The first one, and the first one of each of the three queries for rows that follow.
    assertTrue(opens.size() > 15 && unannounced.size() <= 4, blobs.events.toString());
    int ahead = 0;
    int most = 0;
    for (String event : blobs.events.subList(blobs.events.indexOf(opens.get(1)), opens.size())) {
      ahead += event.startsWith("expect") ? 1 : -1;
      most = Math.max(most, ahead);
    }
    assertTrue(most <= RunsInputStream.MOST_AHEAD, blobs.events.toString());
  }

  @Test
  void theFirstRunAnnouncesOnlyOne() throws IOException {
    StoredChunks many =
        store(NarTree.random(11, 400_000).nar(), new Shape(Shape.usual().sizes(), 2, 1000));
    blobs.events.clear();

    try (InputStream in = manifest(many).open(0)) {
      assertTrue(in.read() >= 0);
    }

    assertEquals(2, blobs.events.size(), blobs.events.toString());
    assertTrue(blobs.events.get(0).startsWith("open"));
    assertTrue(blobs.events.get(1).startsWith("expect"));
  }

  @Test
  void aRunIsBounded() throws IOException {
    byte[] nar = NarTree.random(9, 10 << 20).nar();
    StoredChunks large =
        store(nar, new Shape(new ChunkSizes(16 << 10, 64 << 10, 256 << 10), 1000, 1000));
    blobs.longest = 0;
    assertArrayEquals(nar, read(manifest(large).open(0)));
    assertTrue(blobs.longest <= ChunkWalk.RUN_BYTES, "longest " + blobs.longest);
    assertTrue(blobs.longest > ChunkWalk.RUN_BYTES / 2, "longest " + blobs.longest);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aMissingPackBreaksTheReadingWhereItBegins(boolean decoded) throws IOException {
    ChunkPlace lost = stored.placeOf(NAR.length / 2);
    faulty.lose(lost.pack());

    ChunkLostException failure = assertBroken(decoded);

    assertEquals(lost.pack(), failure.place().orElseThrow().pack());
    assertTrue(failure.isPackLost());
    assertTrue(failure.getCause() instanceof BlobLostException);
    try (InputStream in = manifest().open(0)) {
      assertArrayEquals(Arrays.copyOf(NAR, 1000), in.readNBytes(1000));
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aTruncatedPackBreaksTheReading(boolean decoded) throws IOException {
    ChunkPlace lost = stored.placeOf(NAR.length - 1);
    faulty.truncate(lost.pack(), lost.offset() + lost.storedLength() - 1);

    assertTrue(assertBroken(decoded).isPackLost());
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void aMissingRowOfAChunkBreaksTheReading(boolean decoded) throws Exception {
    execute("delete from chunk where number = " + stored.placeOf(NAR.length - 1).number());

    assertEquals(Optional.empty(), assertBroken(decoded).place());
  }

  @ParameterizedTest
  @CsvSource({"0,true", "1,true", "1,false", "2,true", "2,false"})
  void aMissingPartBreaksTheReading(int part, boolean decoded) throws Exception {
    execute("delete from manifest_part where part = " + part);

    assertBroken(decoded);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aChangedByteOfAFrameIsNeverGiven(boolean decoded) throws IOException {
    Comparator<ChunkPlace> byLength = Comparator.comparingInt(ChunkPlace::storedLength);
    ChunkPlace damaged = stored.places().stream().max(byLength).orElseThrow();
    assertTrue(damaged.storedLength() > 4000, "longer than what is read at once");
    for (int at = 0; at < damaged.storedLength(); at += 1 + damaged.storedLength() / 40) {
      faulty.heal().flipByte(damaged.pack(), damaged.offset() + at);

      ChunkLostException failure = assertBroken(decoded);

      assertEquals(damaged, failure.place().orElseThrow());
      assertFalse(failure.isPackLost());
      assertEquals(decoded, failure.getCause() instanceof CorruptEncodingException);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"length - 1", "length + 1"})
  void aChunkOfAnotherLengthBreaksTheReading(String length) throws Exception {
    long last = stored.placeOf(NAR.length - 1).number();
    execute("update chunk set length = " + length + " where number = " + last);

    assertBroken(true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"stored_length - 1", "stored_length + 1"})
  void aFrameOfAnotherLengthBreaksTheReading(String length) throws Exception {
    long number = stored.places().get(stored.places().size() - 2).number();
    execute("update chunk set stored_length = " + length + " where number = " + number);

    assertBroken(true);
    assertThrows(ChunkLostException.class, () -> read(manifest().openFrames(0)));
    assertThrows(
        ChunkLostException.class, () -> read(manifest().openFrames(stored.framesLength() - 1)));
  }

  @Test
  void troubleOfTheStorageIsNoLoss() throws IOException {
    ChunkPlace place = stored.placeOf(NAR.length / 2);
    faulty.breakReadsAt(place.pack(), place.offset() + 3);

    IOException failure = assertThrows(IOException.class, () -> read(manifest().open(0)));

    assertFalse(failure instanceof ChunkLostException);
  }

  @Test
  void theStartIsLookedAtBeforehand() throws Exception {
    manifest().requireStart();
    ChunkPlace first = stored.places().get(0);

    faulty.truncate(first.pack(), first.storedLength() - 1L);
    assertThrows(ChunkLostException.class, () -> manifest().requireStart());
    faulty.heal().fail(FaultyBlobStore.Step.FIND, 1);
    IOException unknown = assertThrows(IOException.class, () -> manifest().requireStart());
    assertFalse(unknown instanceof ChunkLostException);
    faulty.lose(first.pack());
    assertThrows(ChunkLostException.class, () -> manifest().requireStart());
    execute("delete from manifest_part");
    assertThrows(ChunkLostException.class, () -> manifest().requireStart());
  }

  /** Asserts that all bytes before the failure are correct, and that further reads fail, too. */
  private ChunkLostException assertBroken(boolean decoded) throws IOException {
    byte[] right = decoded ? NAR : frames;
    InputStream in;
    try {
      in = decoded ? manifest().open(0) : manifest().openFrames(0);
    } catch (ChunkLostException atOnce) {
      return atOnce;
    }
    try (in) {
      int count = 0;
      byte[] buffer = new byte[1000];
      while (true) {
        int got;
        try {
          got = in.read(buffer);
        } catch (ChunkLostException lost) {
          assertSame(lost, assertThrows(IOException.class, in::read));
          assertEquals(0, in.available());
          return lost;
        }
        assertTrue(got > 0, "ended cleanly after " + count);
        assertEquals(-1, Arrays.mismatch(right, count, count + got, buffer, 0, got), "at " + count);
        count += got;
      }
    }
  }
}
