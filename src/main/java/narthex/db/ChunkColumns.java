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
    int frameCrc) {

  static ChunkColumns of(ChunkPlace place) {
    return new ChunkColumns(
        place.number(),
        place.hash().bytes(),
        place.pack(),
        place.offset(),
        place.storedLength(),
        place.length(),
        place.frameCrc());
  }

  ChunkPlace place() {
    return new ChunkPlace(
        number, Sha256.of(hash), pack, packOffset, storedLength, length, frameCrc);
  }
}
