package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import narthex.blob.BlobLostException;
import narthex.blob.MemoryBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.stream.DecoderShare;
import narthex.testing.NarTree;
import narthex.testing.StoredChunks;
import narthex.testing.StoredChunks.Shape;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A chunked NAR is dropped between its opening and its end: that is no damage. */
class DroppedNarTest {
  private static final byte[] NAR = NarTree.mixed(5, 200_000).nar();

  private static final int LONG_FRAME = 200;

  /** Shorter than most chunks. */
  private static final int STEP = 1_500;

  @TempDir Path folder;
  private final Dropping blobs = new Dropping();
  private Database database;

  /** Drops the NAR while a blob is read, and then lets the read go on. */
  private final class Dropping extends PassingBlobStore {
    long dropAt = Long.MAX_VALUE;

    Dropping() {
      super(new MemoryBlobStore());
    }

    @Override
    public InputStream open(String key, long from, long length) throws IOException {
      return new FilterInputStream(store.open(key, from, length)) {
        private long position = from;

        @Override
        public int read(byte[] bytes, int offset, int wanted) throws IOException {
          if (position >= dropAt) {
            dropAt = Long.MAX_VALUE;
            drop();
            throw new BlobLostException(key, "deleted");
          }
          int most = (int) Math.min(wanted, dropAt - position);
          int count = super.read(bytes, offset, most);
          position += Math.max(0, count);
          return count;
        }
      };
    }
  }

  @BeforeEach
  void open() throws IOException {
    database = Database.open(new DatabaseAddress(url(), null, null, null));
  }

  @AfterEach
  void close() {
    database.close();
  }

  private String url() {
    return "jdbc:sqlite:" + folder.resolve("test.db");
  }

  private void drop() throws IOException {
    execute("delete from manifest_part");
    execute("delete from chunk");
  }

  private void execute(String change) throws IOException {
    try (Connection connection = DriverManager.getConnection(url());
        var statement = connection.createStatement()) {
      statement.execute(change);
    } catch (SQLException e) {
      throw new IOException(e);
    }
  }

  /** Lets a chunk have the frame of another one. */
  private void replaceFrame(ChunkPlace chunk, ChunkPlace other) throws IOException {
    execute(
        String.format(
            Locale.ROOT,
            "update chunk set pack = '%s', pack_offset = %d, stored_length = %d, frame_crc = %d"
                + " where number = %d",
            other.pack(),
            other.offset(),
            other.storedLength(),
            other.frameCrc(),
            chunk.number()));
  }

  /** Reads so many bytes from the beginning, and closes the stream. */
  private static DecoderShare.Source readUntil(DecoderShare.Source source, int count)
      throws IOException {
    try (InputStream in = source.open(0)) {
      assertEquals(count, in.readNBytes(count).length);
    }
    return source;
  }

  /** A chunk whose row isn't among those that are read first, and whose frame isn't tiny. */
  private static int later(StoredChunks stored) {
    return IntStream.range(2 * Shape.usual().chunksInPart(), stored.places().size())
        .filter(i -> stored.places().get(i).storedLength() > LONG_FRAME)
        .findFirst()
        .orElseThrow();
  }

  /** The length of the frames before a chunk. */
  private static int framesBefore(StoredChunks stored, int chunk) {
    return stored.places().subList(0, chunk).stream().mapToInt(ChunkPlace::storedLength).sum();
  }

  private ChunkedManifest manifest(StoredChunks stored) throws IOException {
    ChunkedManifest manifest =
        new ChunkedManifest(database.chunks(), blobs, stored.id(), stored.framesLength());
    manifest.requireStart();
    return manifest;
  }

  @Test
  void aRangeBeyondTheFirstPartOfADroppedNarIsNoDamage() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    ChunkedManifest manifest = manifest(stored);

    drop();

    assertThrows(NarDroppedException.class, () -> manifest.open(NAR.length - 1L));
    assertThrows(NarDroppedException.class, () -> manifest.openFrames(stored.framesLength() - 1L));
  }

  private static void assertReadInSteps(byte[] expected, DecoderShare.Source source)
      throws IOException {
    for (int from = 0; from < expected.length; from += STEP) {
      byte[] wanted = Arrays.copyOfRange(expected, from, Math.min(expected.length, from + STEP));
      try (InputStream in = source.open(from)) {
        assertArrayEquals(wanted, in.readNBytes(wanted.length), "from " + from);
      }
    }
    try (InputStream in = source.open(expected.length)) {
      assertEquals(-1, in.read());
    }
  }

  @Test
  void aReaderWhoOpensANarAgainAndAgainGetsAllOfIt() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    ChunkedManifest manifest = manifest(stored);

    assertReadInSteps(NAR, manifest.decoded());
    assertReadInSteps(stored.frames(), manifest.frames());
    assertReadInSteps(stored.frames(), manifest.storedFrames());
  }

  @Test
  void framesOfANarThatWasStoredAnewAreNotReadOn() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    int from = framesBefore(stored, later(stored));
    DecoderShare.Source frames = manifest(stored).frames();
    DecoderShare.Source decoded = manifest(stored).decoded();
    frames.open(from).close();
    decoded.open(NAR.length / 2).close();

    drop();
    execute("delete from representation");
    StoredChunks.store(database, blobs, Shape.usual(), NAR);

    assertThrows(NarDroppedException.class, () -> frames.open(from + 1L));
    try (InputStream in = decoded.open(NAR.length / 2 + 1L)) {
      assertArrayEquals(Arrays.copyOfRange(NAR, NAR.length / 2 + 1, NAR.length), in.readAllBytes());
    }
  }

  @Test
  void framesFromAnOffsetOfADroppedNarFailWithThatOffset() throws IOException {
    StoredChunks stored =
        StoredChunks.store(database, blobs, new Shape(Shape.usual().sizes(), 1000, 1000), NAR);
    ChunkedManifest manifest = manifest(stored);
    List<ChunkPlace> places = stored.places();
    long second = places.get(0).length();
    long last = NAR.length - places.get(places.size() - 1).length();

    drop();
    blobs.dropAt = 0; // the packs go too

    for (long from : new long[] {second, last}) {
      NarDroppedException dropped =
          assertThrows(NarDroppedException.class, () -> manifest.openStoredFramesFrom(from));
      assertEquals(from, dropped.narOffset());
    }
  }

  @Test
  void storedFramesAreReadOnWhereTheyWereLeft() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    byte[] frames = stored.frames();
    int whole = framesBefore(stored, later(stored));
    for (int count : new int[] {0, 1, whole - 1, whole, whole + 1, frames.length}) {
      DecoderShare.Source source = readUntil(manifest(stored).storedFrames(), count);

      try (InputStream in = source.open(count)) {
        assertArrayEquals(
            Arrays.copyOfRange(frames, count, frames.length), in.readAllBytes(), "from " + count);
      }
    }
  }

  @Test
  void storedFramesOfADroppedNarGoOnElsewhereOnlyBetweenTwoFrames() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    int chunk = later(stored);
    int whole = framesBefore(stored, chunk);
    DecoderShare.Source between = readUntil(manifest(stored).storedFrames(), whole);
    DecoderShare.Source within = readUntil(manifest(stored).storedFrames(), whole + 1);

    drop();

    NarDroppedException dropped =
        assertThrows(NarDroppedException.class, () -> between.open(whole));
    long read = stored.places().subList(0, chunk).stream().mapToLong(ChunkPlace::length).sum();
    assertEquals(read, dropped.narOffset());
    IOException broken = assertThrows(IOException.class, () -> within.open(whole + 1L));
    assertFalse(broken instanceof NarDroppedException, broken.toString());
  }

  @Test
  void theRestOfAnotherFrameNeverFollowsTheBeginningOfOne() throws IOException {
    StoredChunks stored = StoredChunks.store(database, blobs, Shape.usual(), NAR);
    int chunk = later(stored);
    int count = framesBefore(stored, chunk) + LONG_FRAME / 2;
    DecoderShare.Source source = readUntil(manifest(stored).storedFrames(), count);
    ChunkPlace own = stored.places().get(chunk);
    ChunkPlace other =
        stored.places().stream()
            .filter(place -> place.storedLength() > LONG_FRAME && place.number() != own.number())
            .findFirst()
            .orElseThrow();

    replaceFrame(own, other);

    assertThrows(IOException.class, () -> source.open(count));
    replaceFrame(own, own);
    try (InputStream in = source.open(count)) {
      assertArrayEquals(
          Arrays.copyOfRange(stored.frames(), count, stored.frames().length), in.readAllBytes());
    }
  }

  @Test
  void framesEndWithTheCauseIfTheNarIsDroppedWithinARead() throws IOException {
    StoredChunks stored =
        StoredChunks.store(database, blobs, new Shape(Shape.usual().sizes(), 1000, 1000), NAR);
    ChunkPlace first = stored.places().get(0);
    byte[] expected = Arrays.copyOf(stored.frames(), first.packedLength());
    blobs.dropAt = first.packedLength() + 3L;

    try (InputStream in = manifest(stored).openFrames(0)) {
      byte[] bytes = new byte[NAR.length];
      int count = in.read(bytes);
      NarDroppedException dropped =
          assertThrows(NarDroppedException.class, () -> in.read(bytes, count, 1));

      assertArrayEquals(expected, Arrays.copyOf(bytes, count));
      assertEquals(first.length(), dropped.narOffset());
      assertSame(dropped, assertThrows(IOException.class, in::read));
    }
  }
}
