package narthex.db;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import narthex.blob.BlobStore;
import narthex.blob.ListedBlob;
import narthex.blob.Spool;
import narthex.chunk.ChunkedManifest;
import narthex.nix.Compression;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.stream.Encoders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Number and size of the statements for chunked NARs of different sizes. */
class CountedStatementsTest {
  private static final int CHUNKS_OF_8_GB = 130_000;
  private static final int LENGTH = 64 << 10;
  private static final int CHUNKS_IN_PART = 2000;

  /** One part, and rows in few batches that grow from 16 to a limit. */
  private static final int MOST_BEFORE_A_BYTE = 12;

  @TempDir Path folder;
  private final List<String> statements = new ArrayList<>();
  private final byte[] frame = frame();
  private Database database;
  private ConnectionPool pool;
  private ChunkTable chunks;

  @BeforeEach
  void open() throws IOException {
    DatabaseAddress settings =
        new DatabaseAddress("jdbc:sqlite:" + folder.resolve("counted.db"), null, null, null);
    database = Database.open(settings);
    pool = ConnectionPool.open(settings);
    chunks =
        new ChunkTable(
            new Transactions(
                counted(pool.connections(), DataSource.class),
                null,
                WriteTurns.of(pool.product())));
  }

  @AfterEach
  void close() {
    pool.close();
    database.close();
  }

  /** A proxy that records each prepared statement. */
  private <T> T counted(T real, Class<T> type) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getName().equals("prepareStatement")) {
                statements.add((String) arguments[0]);
              }
              try {
                Object result = method.invoke(real, arguments);
                return result instanceof Connection connection
                    ? counted(connection, Connection.class)
                    : result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private static byte[] frame() {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.ZSTD, frame)) {
      out.write(new byte[LENGTH]);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return frame.toByteArray();
  }

  private static Sha256 hash(int kind, int number) {
    byte[] bytes = new byte[Sha256.BYTES];
    ByteBuffer.wrap(bytes).putInt(Integer.reverse(number)).putInt(kind);
    return Sha256.of(bytes);
  }

  private NarId store(int kind, int count) throws IOException {
    long first = database.chunks().takeNumbers(count);
    List<ChunkPlace> places = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      places.add(new ChunkPlace(first + i, hash(kind, i), "pack/one", 0, frame.length, LENGTH, 0));
    }
    places.sort(Comparator.comparing(ChunkPlace::hash));
    List<ManifestPart> parts = new ArrayList<>();
    for (int from = 0; from < count; from += CHUNKS_IN_PART) {
      int some = Math.min(CHUNKS_IN_PART, count - from);
      parts.add(
          new ManifestPart(
              parts.size(),
              (long) from * LENGTH,
              (long) from * frame.length,
              (long) some * LENGTH,
              (long) some * frame.length,
              LongStream.range(first + from, first + from + some).toArray()));
    }
    NarId nar = new NarId(hash(-1, kind), (long) count * LENGTH);
    Representation chunked =
        new Representation(
            Form.CHUNKED, Compression.NONE, nar.hash(), (long) count * frame.length, List.of());
    assertTrue(database.storeChunked(nar, places, parts, chunked, Instant.EPOCH));
    return nar;
  }

  private int statementsBefore(NarId nar, long offset) throws IOException {
    statements.clear();
    long frames = nar.sizeBytes() / LENGTH * frame.length;
    ChunkedManifest manifest = new ChunkedManifest(chunks, new OneFrame(), nar, frames);
    manifest.requireStart();
    try (InputStream in = manifest.open(offset)) {
      assertEquals(0, in.read());
    }
    for (String sql : statements) {
      assertTrue(sql.chars().filter(c -> c == '?').count() <= Batches.ROWS_AT_ONCE, sql);
    }
    return statements.size();
  }

  @Test
  void theFirstByteOf8GigabytesTakesAsFewStatementsAsThatOfASmallNar() throws IOException {
    NarId small = store(1, 20);
    NarId large = store(2, CHUNKS_OF_8_GB);
    assertTrue(large.sizeBytes() > 8_000_000_000L);

    assertEquals(2, statementsBefore(small, 0));
    assertEquals(2, statementsBefore(large, 0));
    for (long at : new long[] {1, large.sizeBytes() / 2, large.sizeBytes() - 1}) {
      int count = statementsBefore(large, at);
      assertTrue(count <= 2 + MOST_BEFORE_A_BYTE, count + " statements before byte " + at);
    }
  }

  /** A store in which every chunk has the same frame. */
  private final class OneFrame implements BlobStore {
    @Override
    public OptionalLong find(String key) {
      return OptionalLong.of(frame.length);
    }

    @Override
    public InputStream open(String key, long from, long length) {
      return new ByteArrayInputStream(frame, (int) from, (int) length);
    }

    @Override
    public Spool spool() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void delete(String key) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<ListedBlob> list(Optional<String> after, int most) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
  }
}
