package narthex.bench.space;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
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
 * A large cache: for each narinfo a NAR that is stored as chunks, with rows and packs as the server
 * writes them. The first {@value #SERVED} NARs are large and were used last. Of the others, which
 * have tiny chunks so that packs take little space, most have one chunk of their own; one in eight
 * has 20, half of them shared with a NAR before.
 */
final class Rows {
  /** How many NARs have chunks of a usual length. */
  static final int SERVED = 8;

  private static final int SERVED_CHUNKS = 512;
  private static final int SERVED_CHUNK_BYTES = 64 << 10;
  private static final int CHUNK_BYTES = 128;
  private static final int TRANSACTION = 20_000;
  private static final int REFERENCES = 6;
  private static final int LARGE_EVERY = 8;
  private static final int LARGE_CHUNKS = 20;
  private static final int MINUTE = 60_000;

  /** NARs were used within so many minutes, about a year. */
  private static final int MINUTES_BITS = 19;

  private final int count;
  private final SecretKey key = SecretKey.generate("bench-rows-1", new SecureRandom());
  private final long now = System.currentTimeMillis();
  private final List<String> served = new ArrayList<>();
  private long chunks = 1;
  private long largestServed;
  private long tinyBytes;
  private int packs;
  private long packBytes;

  Rows(int count) {
    this.count = count;
  }

  /** How many packs were written. */
  int packs() {
    return packs;
  }

  /** Their length. */
  long packBytes() {
    return packBytes;
  }

  /** The length of the frames of those NARs that aren't large, each counted once. */
  long tinyBytes() {
    return tinyBytes;
  }

  /** The HTTP paths of the large NARs. */
  List<String> served() {
    return served;
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

  private static long mix(long number) {
    return new SplittableRandom(number).nextLong();
  }

  /** Writes the cache to a new data folder; returns the number of chunks. */
  long write(Path data) throws IOException, SQLException {
    String url = "jdbc:sqlite:" + data.resolve("narthex.db");
    Database.open(new DatabaseAddress(url, null, null, null)).close(); // creates the tables
    try (Connection connection = DriverManager.getConnection(url);
        Statement plain = connection.createStatement();
        Packs packs = new Packs(data.resolve("blobs").resolve("blobs"))) {
      plain.execute("pragma synchronous = off");
      plain.execute("pragma cache_size = -400000");
      connection.setAutoCommit(false);
      insert(connection, packs);
      this.packs = packs.count();
      this.packBytes = packs.bytes();
      plain.execute("update chunking set next_number = " + chunks);
      connection.commit();
    }
    return chunks - 1;
  }

  private void insert(Connection connection, Packs packs) throws IOException, SQLException {
    try (PreparedStatement narInfo =
            connection.prepareStatement(
                "insert into narinfo values (?, ?, ?, 'xz', ?, ?, ?, ?, ?, null, ?, null,"
                    + " 'http://127.0.0.1:1/', ?, ?)");
        PreparedStatement nar =
            connection.prepareStatement("insert into nar values (?, ?, ?, ?, 0)");
        PreparedStatement form =
            connection.prepareStatement(
                "insert into representation values (?, 'chunked', 'none', ?, ?, x'01', 1, null, ?)");
        PreparedStatement name =
            connection.prepareStatement("insert into file_name values (?, ?)");
        PreparedStatement chunk =
            connection.prepareStatement(
                "insert into chunk (number, hash, pack, pack_offset, stored_length, length,"
                    + " frame_crc, condemned) values (?, ?, ?, ?, ?, ?, ?, 0)");
        PreparedStatement part =
            connection.prepareStatement("insert into manifest_part values (?, 0, 0, 0, ?, ?, ?)")) {
      for (int i = 0; i < count; i++) {
        Contents contents = contents(i, packs, chunk);
        addNarInfo(narInfo, i, contents);
        addManifest(part, contents);
        addNar(nar, form, name, i, contents);
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

  /**
   * What a NAR consists of.
   *
   * @param framesHash the nix32 hash of the frames together
   * @param numbers the numbers of its chunks
   */
  @SuppressWarnings("ArrayRecordComponent") // instances are never compared
  private record Contents(
      String narHash, long length, String framesHash, long framesLength, long[] numbers) {}

  private Contents contents(int index, Packs packs, PreparedStatement row)
      throws IOException, SQLException {
    boolean isServed = index < SERVED;
    boolean isLarge = index % LARGE_EVERY == 0;
    int own = isServed ? SERVED_CHUNKS : isLarge ? LARGE_CHUNKS / 2 : 1;
    int shared = isLarge && chunks > largestServed + LARGE_CHUNKS ? LARGE_CHUNKS / 2 : 0;
    long[] numbers = new long[own + (isServed ? 0 : shared)];
    SplittableRandom random = new SplittableRandom(index + (1L << 33));
    MessageDigest nar = sha256();
    MessageDigest frames = sha256();
    long length = 0;
    long framesLength = 0;
    for (int i = 0; i < numbers.length; i++) {
      boolean isNew = i >= numbers.length - own;
      numbers[i] = isNew ? chunks++ : random.nextLong(largestServed + 1, chunks);
      Packs.Chunk chunk = packs.make(numbers[i], isServed ? SERVED_CHUNK_BYTES : CHUNK_BYTES);
      if (isNew) {
        addChunk(row, chunk, packs.add(chunk));
        tinyBytes += isServed ? 0 : chunk.frame().length;
      }
      nar.update(chunk.bytes());
      frames.update(chunk.frame());
      length += chunk.bytes().length;
      framesLength += chunk.frame().length;
    }
    if (isServed) {
      largestServed = chunks - 1;
    }
    String narHash = Nix32.encode(nar.digest());
    if (isServed) {
      served.add("/nar/" + narHash + ".nar");
    }
    return new Contents(narHash, length, Nix32.encode(frames.digest()), framesLength, numbers);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static String baseName(int index) {
    return pathHash(index) + "-package-" + index % 997 + "-1." + index;
  }

  private void addNarInfo(PreparedStatement statement, int index, Contents contents)
      throws SQLException {
    SplittableRandom random = new SplittableRandom(index);
    List<String> references = new ArrayList<>();
    for (int i = 0; i < REFERENCES && index > 0; i++) {
      references.add(baseName(random.nextInt(index)));
    }
    String narHash = contents.narHash();
    NarInfo said =
        new NarInfo(
            new StorePath(
                "/nix/store", StorePathHash.parse(pathHash(index)), baseName(index).substring(33)),
            new NarFile(
                "nar/" + narHash + ".nar.xz", Compression.XZ, Sha256.parseNix32(narHash), 1000L),
            new NarId(Sha256.parseNix32(narHash), contents.length()),
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
    statement.setLong(at++, contents.length());
    statement.setString(at++, String.join(" ", references));
    statement.setString(at++, key.sign(said.fingerprint()).print());
    statement.setString(at++, narHash);
    statement.setLong(at, now);
    statement.addBatch();
  }

  private void addNar(
      PreparedStatement nar,
      PreparedStatement form,
      PreparedStatement name,
      int index,
      Contents contents)
      throws SQLException {
    long age = index < SERVED ? 0 : mix(index) >>> Long.SIZE - MINUTES_BITS;
    long storedAt = now - age * MINUTE;
    nar.setString(1, contents.narHash());
    nar.setLong(2, contents.length());
    nar.setLong(3, storedAt);
    nar.setLong(4, storedAt / MINUTE);
    nar.addBatch();
    form.setString(1, contents.narHash());
    form.setString(2, contents.narHash());
    form.setLong(3, contents.framesLength());
    form.setString(4, contents.framesHash());
    form.addBatch();
    for (String stem : List.of(contents.narHash(), contents.framesHash())) {
      name.setString(1, stem);
      name.setString(2, contents.narHash());
      name.addBatch();
    }
  }

  private static void addManifest(PreparedStatement part, Contents contents) throws SQLException {
    part.setString(1, contents.narHash());
    part.setLong(2, contents.length());
    part.setLong(3, contents.framesLength());
    part.setBytes(4, encode(contents.numbers()));
    part.addBatch();
  }

  private static void addChunk(PreparedStatement statement, Packs.Chunk chunk, Packs.Place place)
      throws SQLException {
    statement.setLong(1, chunk.number());
    statement.setBytes(2, chunk.hash());
    statement.setString(3, place.pack());
    statement.setLong(4, place.offset());
    statement.setLong(5, chunk.frame().length);
    statement.setLong(6, chunk.bytes().length);
    statement.setLong(7, chunk.crc());
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
