package narthex.db;

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

  ChunkPlace place() {
    ChunkGroup group =
        groupLength == 0 ? null : new ChunkGroup(groupStored, groupLength, groupCrc, groupAt);
    return new ChunkPlace(
        number, Sha256.of(hash), pack, packOffset, storedLength, length, frameCrc, group);
  }
}
