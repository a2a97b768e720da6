package narthex.bench.space;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import narthex.bench.space.StoreFault.Target;
import narthex.db.Database;
import narthex.db.DatabaseAddress;
import narthex.db.Form;
import narthex.db.Representation;
import narthex.nix.Sha256;

/** The rows and blobs of a stopped server, which get faults. Each target gets one fault at most. */
final class DamagedStore implements AutoCloseable {
  private final Path blobs;
  private final Database database;
  private final Connection connection;
  private final Random random = new Random(5);
  private final Map<Target, Deque<String>> targets = new EnumMap<>(Target.class);

  DamagedStore(Path data) throws IOException, SQLException {
    blobs = data.resolve("blobs").resolve("blobs");
    String url = "jdbc:sqlite:" + data.resolve("narthex.db");
    database = Database.open(new DatabaseAddress(url, null, null, null));
    connection = DriverManager.getConnection(url);
    find(Target.PACK, "select distinct pack from chunk order by pack");
    find(Target.DOCUMENT, "select blob from document order by blob");
    String nars = "select nar_hash from representation where form = '%s' order by nar_hash";
    for (Form form : Form.values()) {
      find(
          form == Form.WHOLE ? Target.WHOLE : Target.CHUNKED,
          nars.formatted(form.name().toLowerCase(Locale.ROOT)));
    }
  }

  private void find(Target target, String query) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    Collections.shuffle(found, random);
    targets.put(target, new ArrayDeque<>(found));
  }

  /** How many targets without a fault there are. */
  int left(Target target) {
    return targets.getOrDefault(target, new ArrayDeque<>()).size();
  }

  /** Makes a fault. Returns what the line of a check that finds it must contain. */
  String inject(StoreFault fault) throws IOException, SQLException {
    String target = targets.getOrDefault(fault.target(), new ArrayDeque<>()).remove();
    switch (fault) {
      case LOST_PACK, LOST_DOCUMENT -> Files.delete(blobs.resolve(target));
      case TRUNCATED_PACK -> truncate(target);
      case FLIPPED_BIT_IN_A_PACK, FLIPPED_BIT_IN_A_DOCUMENT -> flip(target);
      case LOST_WHOLE_FILE -> Files.delete(blobs.resolve(file(target)));
      case TRUNCATED_WHOLE_FILE -> truncate(file(target));
      case FLIPPED_BIT_IN_A_WHOLE_FILE -> flip(file(target));
      case LOST_ROW_OF_A_CHUNK -> {
        return loseChunk(target);
      }
      case LOST_ROWS_OF_A_MANIFEST -> delete("manifest_part where nar_hash", target);
      case LOST_ROW_OF_A_CHUNKED_FORM, LOST_ROW_OF_A_WHOLE_FORM ->
          delete("representation where nar_hash", target);
      case LOST_ROW_OF_A_CHUNKED_NAR, LOST_ROW_OF_A_WHOLE_NAR ->
          delete("nar where nar_hash", target);
      case LOST_ROW_OF_A_FILE_NAME -> delete("file_name where stem", target);
      case LOST_ROW_OF_A_NARINFO -> {
        delete("narinfo where nar_hash", target);
        makeOld(target);
      }
    }
    return target;
  }

  private String loseChunk(String nar) throws IOException, SQLException {
    long[] numbers = database.chunks().findPart(Sha256.parseNix32(nar), 0).orElseThrow().numbers();
    long number = numbers[random.nextInt(numbers.length)];
    delete("chunk where number", Long.toString(number));
    return nar + ": chunk " + number + " has no row";
  }

  private void delete(String where, String key) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("delete from " + where + " = ?")) {
      statement.setString(1, key);
      if (statement.executeUpdate() == 0) {
        throw new SQLException("no row of " + where + " = " + key);
      }
    }
  }

  /** A young NAR may still get its narinfo. */
  private void makeOld(String nar) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("update nar set stored_at = 0 where nar_hash = ?")) {
      statement.setString(1, nar);
      statement.executeUpdate();
    }
  }

  private String file(String nar) throws IOException {
    for (Representation form :
        database.findNar(Sha256.parseNix32(nar)).orElseThrow().representations()) {
      if (form.form() == Form.WHOLE) {
        return form.extents().get(0).blob();
      }
    }
    throw new IOException("no whole file of " + nar);
  }

  private void truncate(String blob) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(blobs.resolve(blob).toFile(), "rw")) {
      file.setLength(random.nextLong(file.length()));
    }
  }

  private void flip(String blob) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(blobs.resolve(blob).toFile(), "rw")) {
      long at = random.nextLong(file.length());
      file.seek(at);
      int octet = file.read();
      file.seek(at);
      file.write(octet ^ 1 << random.nextInt(Byte.SIZE));
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
    database.close();
  }
}
