package narthex.bench.space;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.nix.Sha256;
import narthex.nix.StorePath;
import narthex.nix.StorePathHash;

/**
 * Rows of a large cache without any blobs: for each narinfo a NAR that is stored as chunks. Most
 * NARs have one chunk of their own; one in eight has 20, half of them shared with a NAR before.
 */
final class Rows {
  private static final int TRANSACTION = 20_000;
  private static final int REFERENCES = 6;
  private static final int LARGE_EVERY = 8;
  private static final int LARGE_CHUNKS = 20;
  private static final int PACK_CHUNKS = 200;
  private static final int CHUNK_BYTES = 40_000;

  private static final long START = 1_760_000_000_000L;

  private static final int MINUTE = 60_000;

  private final int count;
  private final SecretKey key = SecretKey.generate("bench-rows-1", new SecureRandom());
  private long chunks = 1;

  Rows(int count) {
    this.count = count;
  }

  /** The key that signs the narinfos. */
  PublicKey publicKey() {
    return key.publicKey();
  }

  /** The hash of a store path. */
  static String pathHash(int index) {
    byte[] bytes = new byte[20];
    ByteBuffer.wrap(bytes).putLong(mix(index)).putLong(mix(index + (1L << 40)));
    return Nix32.encode(bytes);
  }

  private static byte[] hash(long number, int kind) {
    byte[] bytes = new byte[32];
    ByteBuffer.wrap(bytes)
        .putLong(mix(number * 4 + kind))
        .putLong(mix(number + ((long) kind << 50)));
    return bytes;
  }

  private static long mix(long number) {
    return new SplittableRandom(number).nextLong();
  }

  /** Writes the rows to a new SQLite file; returns the number of chunks. */
  long write(Path file) throws IOException, SQLException {
    String url = "jdbc:sqlite:" + file;
    Database.open(new DatabaseAddress(url, null, null, null)).close(); // creates the tables
    try (Connection connection = DriverManager.getConnection(url);
        Statement plain = connection.createStatement()) {
      plain.execute("pragma synchronous = off");
      plain.execute("pragma cache_size = -400000");
      connection.setAutoCommit(false);
      insert(connection);
      plain.execute("update chunking set next_number = " + chunks);
      connection.commit();
    }
    return chunks - 1;
  }

  private void insert(Connection connection) throws SQLException {
    try (PreparedStatement narInfo =
            connection.prepareStatement(
                "insert into narinfo values (?, ?, ?, 'xz', ?, ?, ?, ?, ?, null, ?, null,"
                    + " 'http://127.0.0.1:1/', ?, ?)");
        PreparedStatement nar = connection.prepareStatement("insert into nar values (?, ?, ?, ?)");
        PreparedStatement form =
            connection.prepareStatement(
                "insert into representation values (?, 'chunked', 'none', ?, ?, x'01', 1, null,"
                    + " null)");
        PreparedStatement name =
            connection.prepareStatement("insert into file_name values (?, ?)");
        PreparedStatement chunk =
            connection.prepareStatement(
                "insert into chunk (number, hash, pack, pack_offset, stored_length, length,"
                    + " frame_crc, condemned) values (?, ?, ?, ?, ?, ?, ?, 0)");
        PreparedStatement part =
            connection.prepareStatement("insert into manifest_part values (?, 0, 0, 0, ?, ?, ?)")) {
      for (int i = 0; i < count; i++) {
        addNarInfo(narInfo, i);
        long length = addManifest(part, chunk, i);
        addNar(nar, form, name, i, length);
        if (i % TRANSACTION == TRANSACTION - 1) {
          for (PreparedStatement each : List.of(narInfo, nar, form, name, chunk, part)) {
            each.executeBatch();
          }
          connection.commit();
        }
      }
      for (PreparedStatement each : List.of(narInfo, nar, form, name, chunk, part)) {
        each.executeBatch();
      }
    }
  }

  private static String narHash(int index) {
    return Nix32.encode(hash(index, 0));
  }

  private static String baseName(int index) {
    return pathHash(index) + "-package-" + index % 997 + "-1." + index;
  }

  private void addNarInfo(PreparedStatement statement, int index) throws SQLException {
    SplittableRandom random = new SplittableRandom(index);
    List<String> references = new ArrayList<>();
    for (int i = 0; i < REFERENCES && index > 0; i++) {
      references.add(baseName(random.nextInt(index)));
    }
    String narHash = narHash(index);
    NarInfo said =
        new NarInfo(
            new StorePath(
                "/nix/store", StorePathHash.parse(pathHash(index)), baseName(index).substring(33)),
            new NarFile(
                "nar/" + narHash + ".nar.xz", Compression.XZ, Sha256.parseNix32(narHash), 1000L),
            new NarId(Sha256.parseNix32(narHash), CHUNK_BYTES),
            references,
            null,
            List.of(),
            null);
    int at = 1;
    statement.setString(at++, pathHash(index));
    statement.setString(at++, "/nix/store/" + baseName(index));
    statement.setString(at++, said.file().url());
    statement.setString(at++, narHash);
    statement.setLong(at++, 1000);
    statement.setString(at++, narHash);
    statement.setLong(at++, CHUNK_BYTES);
    statement.setString(at++, String.join(" ", references));
    statement.setString(at++, key.sign(said.fingerprint()).print());
    statement.setString(at++, narHash);
    statement.setLong(at, System.currentTimeMillis());
    statement.addBatch();
  }

  private void addNar(
      PreparedStatement nar, PreparedStatement form, PreparedStatement name, int index, long length)
      throws SQLException {
    String narHash = narHash(index);
    long storedAt = START + (mix(index) >>> 44) * MINUTE;
    nar.setString(1, narHash);
    nar.setLong(2, CHUNK_BYTES);
    nar.setLong(3, storedAt);
    nar.setLong(4, storedAt / MINUTE);
    nar.addBatch();
    form.setString(1, narHash);
    form.setString(2, narHash);
    form.setLong(3, length);
    form.addBatch();
    name.setString(1, narHash);
    name.setString(2, narHash);
    name.addBatch();
  }

  private long addManifest(PreparedStatement part, PreparedStatement chunk, int index)
      throws SQLException {
    boolean isLarge = index % LARGE_EVERY == 0;
    int own = isLarge ? LARGE_CHUNKS / 2 : 1;
    int shared = isLarge && chunks > LARGE_CHUNKS ? LARGE_CHUNKS / 2 : 0;
    long[] numbers = new long[own + shared];
    SplittableRandom random = new SplittableRandom(index + (1L << 33));
    for (int i = 0; i < shared; i++) {
      numbers[i] = 1 + random.nextLong(chunks - 1);
    }
    for (int i = shared; i < numbers.length; i++) {
      numbers[i] = chunks++;
      addChunk(chunk, numbers[i]);
    }
    long length = (long) CHUNK_BYTES * numbers.length;
    part.setString(1, narHash(index));
    part.setLong(2, length);
    part.setLong(3, length);
    part.setBytes(4, encode(numbers));
    part.addBatch();
    return length;
  }

  private static void addChunk(PreparedStatement statement, long number) throws SQLException {
    String pack = Nix32.encode(hash(number / PACK_CHUNKS, 2)).substring(0, 32);
    statement.setLong(1, number);
    statement.setBytes(2, hash(number, 1));
    statement.setString(3, "pack/" + pack.substring(0, 2) + "/" + pack);
    statement.setLong(4, number % PACK_CHUNKS * CHUNK_BYTES);
    statement.setLong(5, CHUNK_BYTES);
    statement.setLong(6, CHUNK_BYTES);
    statement.setLong(7, number);
    statement.addBatch();
  }

  /** The format of the column: a version, then differences in zigzag coding. */
  private static byte[] encode(long[] numbers) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + 10 * numbers.length).put((byte) 1);
    long last = 0;
    for (long number : numbers) {
      long difference = number - last;
      long coded = difference << 1 ^ difference >> Long.SIZE - 1;
      while (coded > 127) {
        bytes.put((byte) (coded & 127 | 128));
        coded >>>= 7;
      }
      bytes.put((byte) coded);
      last = number;
    }
    return Arrays.copyOf(bytes.array(), bytes.position());
  }
}
