package narthex.ingest;

import java.util.Optional;
import narthex.db.Form;
import narthex.db.StoredNar;
import narthex.nix.Compression;

/** What an ingestion stores of a NAR file after verifying it. */
public enum Keep {
  /** The file, unchanged. */
  WHOLE,
  /** The NAR, as chunks; the file is discarded. */
  CHUNKED,
  /** Nothing: the file only goes to its readers, verified. */
  NOTHING;

  /**
   * Decides what to store of a file of a NAR.
   *
   * @param stored the stored forms of the NAR
   * @param compression of the file
   * @param wanted the compression that the reader needs; NONE for the NAR itself
   * @param first the result for a NAR that isn't stored in chunks
   * @return empty if the file isn't needed, because the wanted form is already stored
   */
  static Optional<Keep> needed(
      Optional<StoredNar> stored, Compression compression, Compression wanted, Keep first) {
    boolean chunked = stored.map(StoredNar::isChunked).orElse(false);
    boolean whole = stored.flatMap(nar -> nar.find(Form.WHOLE, compression)).isPresent();
    boolean decoded = wanted == Compression.NONE && stored.isPresent();
    if (whole || decoded) {
      return Optional.empty();
    }
    return Optional.of(chunked ? NOTHING : first);
  }
}
