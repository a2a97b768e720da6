package narthex.db;

import java.sql.ResultSet;
import java.sql.SQLException;
import narthex.nix.Sha256;

/** A row of the table chunk, without the column {@code condemned}. */
@SuppressWarnings("ArrayRecordComponent") // instances are never compared
record ChunkColumns(
    long number,
    byte[] hash,
    String pack,
    long packOffset,
    int storedLength,
    int length,
    int frameCrc,
    int groupStored,
    int groupLength,
    int groupCrc,
    int groupAt) {

  static ChunkColumns of(ChunkPlace place) {
    ChunkGroup group = place.group();
    return new ChunkColumns(
        place.number(),
        place.hash().bytes(),
        place.pack(),
        place.offset(),
        place.storedLength(),
        place.length(),
        place.frameCrc(),
        group == null ? 0 : group.storedLength(),
        group == null ? 0 : group.length(),
        group == null ? 0 : group.crc(),
        group == null ? 0 : group.at());
  }

  /** Reads the columns in the order of {@link ChunkMapper#CHUNK}. */
  static ChunkColumns read(ResultSet row) throws SQLException {
    int column = 0;
    return new ChunkColumns(
        row.getLong(++column),
        row.getBytes(++column),
        row.getString(++column),
        row.getLong(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column),
        row.getInt(++column));
  }

  ChunkPlace place() {
    ChunkGroup group =
        groupLength == 0 ? null : new ChunkGroup(groupStored, groupLength, groupCrc, groupAt);
    return new ChunkPlace(
        number, Sha256.of(hash), pack, packOffset, storedLength, length, frameCrc, group);
  }
}
