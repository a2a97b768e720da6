package narthex.ingest;

import java.util.Optional;
import narthex.db.Form;
import narthex.db.StoredNar;
import narthex.nix.Compression;

/** What an ingestion leaves of a NAR file when all of it turned out right. */
public enum Keep {
  /** The file as it came. */
  WHOLE,
  /** The NAR in it, as chunks; the file itself is discarded. */
  CHUNKED,
  /** Nothing: those who followed it have got it, checked. */
  NOTHING;

  /**
   * What is left to be kept of a file of a NAR.
   *
   * @param stored how the NAR is stored
   * @param compression of the file
   * @param wanted the compression that somebody waits for
   * @param first what is kept of a NAR that is not stored at all
   * @return empty if nobody needs the file, as the rows say that what is wanted is stored
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
