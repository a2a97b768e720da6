package narthex.chunk;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import narthex.blob.BlobLostException;
import narthex.blob.MemoryBlobStore;
import narthex.blob.PassingBlobStore;
import narthex.db.ChunkPlace;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
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
    try (Connection connection = DriverManager.getConnection(url());
        var statement = connection.createStatement()) {
      statement.execute("delete from manifest_part");
      statement.execute("delete from chunk");
    } catch (SQLException e) {
      throw new IOException(e);
    }
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
