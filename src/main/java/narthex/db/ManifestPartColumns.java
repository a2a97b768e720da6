package narthex.db;

/** A row of the table manifest_part. */
@SuppressWarnings("ArrayRecordComponent") // instances are never compared
record ManifestPartColumns(
    String narHash,
    int part,
    long narOffset,
    long framesOffset,
    long length,
    long framesLength,
    byte[] numbers) {

  static ManifestPartColumns of(String narHash, ManifestPart part) {
    return new ManifestPartColumns(
        narHash,
        part.part(),
        part.narOffset(),
        part.framesOffset(),
        part.length(),
        part.framesLength(),
        NumberList.encode(part.numbers()));
  }

  ManifestPart manifestPart() {
    return new ManifestPart(
        part, narOffset, framesOffset, length, framesLength, NumberList.decode(numbers));
  }
}
